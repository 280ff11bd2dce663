"""The attributes of HTML that anybody here asks for, each by a number: numbers are compared sooner than names."""

from __future__ import annotations

_NAMED = (
    "class id role itemprop href src style hidden alt title width height type rel name property content datetime "
    "srcset sizes media data value open lang http-equiv poster encoding alttext aria-label imagesrcset data-src "
    "data-srcset data-original data-lazy-src data-lazy-srcset data-sizes data-account data-video-id data-player "
    "xml:lang"
)
NAMES: tuple[str, ...] = tuple(_NAMED.split())
"""The names by their numbers; a page's other names have numbers from here on (`Flat.names`)."""
NUMBERS: dict[str, int] = {name: number for number, name in enumerate(NAMES)}
CLASS, ID, ROLE, ITEMPROP, HREF, SRC, STYLE, HIDDEN, ALT, TITLE, WIDTH, HEIGHT, TYPE, REL, NAME = range(15)
PROPERTY, CONTENT, DATETIME, SRCSET, SIZES, MEDIA, DATA, VALUE, OPEN, LANG, HTTP_EQUIV, POSTER = range(15, 27)
ENCODING, ALTTEXT, ARIA_LABEL, IMAGESRCSET, DATA_SRC, DATA_SRCSET, DATA_ORIGINAL = range(27, 34)
DATA_LAZY_SRC, DATA_LAZY_SRCSET, DATA_SIZES, DATA_ACCOUNT, DATA_VIDEO_ID, DATA_PLAYER, XML_LANG = range(34, 41)
