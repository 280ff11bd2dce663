"""HTML to `Document`: the main content in reading order, with its pictures, videos and sounds in their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from m3w_builder.extract import native  # isort: split

from m3w_builder.document import Document, item_to_json
from m3w_builder.extract.config import PICTURE_REASONS, REASONS, ExtractConfig
from m3w_builder.extract.explain import explain
from m3w_builder.extract.inline import encode, is_inline
from m3w_builder.extract.page import extract
from m3w_builder.stage import Drop

__all__ = ["PICTURE_REASONS", "REASONS", "ExtractConfig", "explain", "extract", "is_inline", "items", "native", "told"]


def items(
    html: bytes, url: str, config: ExtractConfig | None = None, headers: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """A page's main content as JSON items, `{"text": …}` and `{"image": url, "alt": …}`; empty where there is none.

    Without a config the page is told as it is: nothing is refused for its holder's sake, as a build does, and a
    picture stands as often as there, up to three times. A picture whose bytes stand in the page has its data: URI.
    """
    answer = told(html, url, config, headers)
    return [] if isinstance(answer, Drop) else [item_to_json(item) for item in answer.items]


def told(
    html: bytes, url: str, config: ExtractConfig | None = None, headers: Mapping[str, str] | None = None
) -> Document | Drop:
    """As `items`, but the whole document, or the reason why there is none."""
    answer = extract(html, url, config or ExtractConfig(opt_out=(), most_repeats=3), "", headers)
    if isinstance(answer, Document):
        for image in answer.images:
            if image.url in answer.inline:
                image.url = encode(image.url, answer.inline[image.url])
    return answer
