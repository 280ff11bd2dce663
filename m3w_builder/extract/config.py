"""How pages become documents, and every reason for which a page or one of its pictures does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from m3w_builder.classes import dataclass
from m3w_builder.rights import OPT_OUTS

REASONS: Mapping[str, str] = {
    "not_text": "the bytes are no HTML: binary, or text without a tag",
    "no_content": "nothing that reads like content was found",
    **{name: OPT_OUTS[name] for name in ("meta_robots", "tdm_meta")},
    "too_many_elements": "more elements than max_elements",
    "too_many_attributes": "an element with more attributes than max_attributes",
    "too_deep": "elements nested deeper than max_depth",
    "error": "the extractor raised",
}
"""Why a page gives no document."""

PICTURE_REASONS: Mapping[str, str] = {
    "outside_content": "stands outside of the page's main content",
    "icon": "declared under min_declared_side, or named as an icon, logo, emoji or button",
    "tracking_pixel": "declared as one or two px",
    "avatar": "named as a person's avatar",
    "advertisement": "named as an advertisement",
    "share_button": "named as a button for sharing or following",
    "placeholder": "a spacer or loading picture with no other address",
    "svg": "a drawing in SVG, which is no raster picture",
    "formula": "a formula, whose source stands in the text in its place",
    "data_uri": "its bytes stand in the page itself, and are broken or fewer than min_inline_bytes",
    "hidden": "the page itself does not show the part in which it stands",
    "bad_url": "its address is no http or https URL",
    "too_many": "stands behind the first max_pictures of its page",
    "repeated": "the same address stands earlier in the document",
}
"""Why a picture of a page is not in its document."""


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """Settings of the extraction."""

    extractor: Literal["fast", "cascade", "trafilatura", "reference"] = "fast"
    """`fast`: our own on a native parser; `cascade`: trafilatura where that is unsure; `trafilatura`: its choice of
    text, with the pictures beside it; `reference`: all text and pictures of the page's body, slow and plain."""
    sure: float = 0.5
    """The confidence below which `cascade` asks trafilatura."""
    min_declared_side: int = 33
    """Pictures whose page declares a smaller width or height, in CSS px, are icons; 0 switches this off."""
    candidate: Literal["page", "browser", "largest"] = "page"
    """Which of a picture's addresses is taken: `page`: what stands in src, or a script would put there, else the
    largest of srcset; `browser`: what a browser loads by srcset, sizes and media on a screen of `screen_width`;
    `largest`: the largest of all that are told, up to `widest`."""
    screen_width: int = 1280
    """Width of the screen for `browser`, in CSS px."""
    widest: int = 2000
    """Width of the largest picture that `largest` takes where there are smaller ones, in px."""
    full_size: bool = False
    """Takes the picture to which a thumbnail links, where it links to a picture, instead of the thumbnail."""
    backgrounds: bool = False
    """Takes the background pictures in the style of elements of the content too."""
    min_inline_bytes: int = 10_000
    """Pictures whose bytes stand in the page itself are taken from so many bytes on; 0 leaves all of them out. Smaller
    ones are avatars, square codes and ornaments: of the 15 on 398 pages of real sites, none was content."""
    most_repeats: int = 1
    """Times that one picture's address stands in a document, where text stands between; a build needs it once."""
    max_elements: int = 300_000
    """Pages of more elements or nodes go, before anything is read off them."""
    max_pictures: int = 5000
    """Pictures of a page that are looked at; what stands behind them goes."""
    max_attributes: int = 5000
    """Pages with an element of more attributes go: parsers compare each with each."""
    max_depth: int = 2000
    """Pages whose elements nest deeper go unparsed: parsers take time by the square of the depth."""
    opt_out: tuple[str, ...] = ("noai", "noimageai", "noindex", "tdm-reservation")
    """What a page's own <meta> tags can refuse and is obeyed, by directives of `robots` and the TDM reservation."""
