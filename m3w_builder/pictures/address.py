"""Drops pictures by the words of their addresses, before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import unquote

from m3w_builder.classes import dataclass
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop

_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Drops pictures whose URL says that they are furniture or worse; asked before they are fetched.

    Whole words, in singular or plural, parted by marks or by a change of case (siteLogo2.png): OBELICS and MMC4 look
    inside words too, so that every picture of sussex.example goes.
    """

    name: ClassVar[str] = "address"
    by_url: ClassVar[bool] = True
    reasons: ClassVar[Mapping[str, str]] = {"picture_url_word": "one of `words` stands in the picture's URL"}

    words: tuple[str, ...] = ("logo", "button", "icon", "plugin", "widget", "porn", "xxx", "sex")
    """Words that drop a picture, in small letters (OBELICS, arXiv 2306.16527, A.1.4; the first five: MMC4, arXiv
    2304.06939)."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        parts = {part.strip("0123456789") for part in _WORD.findall(_CASE.sub(" ", unquote(picture.url)).lower())}
        hit = next((word for word in self.words if word in parts or f"{word}s" in parts), None)
        return Drop("picture_url_word", hit) if hit else picture
