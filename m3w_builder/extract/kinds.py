"""What a picture is by its names: an icon, somebody's face, an advertisement, a stand-in, a formula.

The patterns are slow and find little. So what begins as one of the words in them is looked for first, all words at
once, and the patterns are asked of those alone.
"""

from __future__ import annotations

import re
from array import array

LONGEST_NAME = 1000
"""Characters of a class or an id that are looked at."""
_AN_AVATAR, _A_SHARE, _AN_AD, _AN_ICON, _A_FORMULA, _DRAWING, STAND_IN = (1 << number for number in range(7))
"""What names can speak of, as bits; of formulae classes and addresses do."""
SIGN, SOURCE = 1, 2
"""What a picture's alt can be that is told in the text: a sign, as of an emoji, or a formula's source."""

_WORDS = {
    _AN_AVATAR: "avatar userpic author profile",
    _A_SHARE: "^share ^social ^facebook ^twitter ^pinterest ^linkedin ^whatsapp ^reddit",
    _AN_AD: "^adver ^sponsor banner ^doubleclick ^adserver ^googlesyndication",
    _AN_ICON: "^icon ^emoji ^smil ^emoticon ^logo ^sprite ^button ^btn ^bullet ^arrow ^favicon ^spacer",
    STAND_IN: "^blank ^spacer ^pixel ^trans ^placeholder ^loading ^loader ^lazy ^grey ^gray ^1x1 ^shim "
    "/clear.g /dot.g /empty.g /space.g /s.g /none.g /nothing.g /null.g",
    _A_FORMULA: "^tex ^latex math ql-img equation",
    _DRAWING: "latex mathtex mimetex /math/ codecogs",
}
"""How the words begin that the patterns below find; those with a `^` only where no letter stands before them."""
_ROWS = [("", 0)] + [(word, bit) for bit, words in _WORDS.items() for word in words.split()]
_STEMS = tuple(word.removeprefix("^") for word, _ in _ROWS)
_FREE = bytes(not word.startswith("^") for word, _ in _ROWS)
_BITS = bytes(bit for _, bit in _ROWS)
_NEXT = array("i", [0] * len(_ROWS))
"""For each stem the one before it that begins with the same head; 0 where there is none."""


def _table() -> bytes:
    """For each head of three signs the last stem that begins so."""
    found = bytearray(4096)
    for number, stem in enumerate(_STEMS):
        if number:
            head = (ord(stem[0]) & 15) << 8 | (ord(stem[1]) & 15) << 4 | ord(stem[2]) & 15
            _NEXT[number] = found[head]
            found[head] = number
    return bytes(found)


_HEADS = _table()


def look(text: str) -> int:
    """What a name or an address can speak of, as bits."""
    heads = _HEADS
    head = found = 0
    place = -2  # of the first of three signs
    for sign in text:
        head = (head << 4 | ord(sign) & 15) & 4095
        number: int = heads[head]
        while number:
            if place >= 0 and _stands(text, place, number):
                found |= _BITS[number]
            number = _NEXT[number]
        place += 1
    return found


def _stands(text: str, place: int, number: int) -> bool:
    """Whether a stem stands at a place of a text."""
    stem = _STEMS[number]
    if place + len(stem) > len(text) or not (_FREE[number] or place == 0 or not _is_letter(text[place - 1])):
        return False
    for sign in stem:
        if ord(text[place]) | 32 != ord(sign):
            return False
        place += 1
    return True


def _is_letter(sign: str) -> bool:
    return "a" <= sign <= "z" or "A" <= sign <= "Z"


def sized(text: str) -> bool:
    """Whether a size can stand in an address: a digit, an x and a digit."""
    digit = crossed = False
    for sign in text:
        if "0" <= sign <= "9":
            if crossed:
                return True
            digit = True
        else:
            crossed = digit and (sign == "x" or sign == "X")
            digit = False
    return False


_PLACEHOLDER = re.compile(
    r"(?:^data:)|(?:^about:)|(?:^$)"
    r"|(?:/|^|[-_])(?:blank|spacer|pixel|transparent|placeholder|loading|loader|lazy(?:load)?|grey|gray|1x1|trans|shim)"
    r"(?:[-_.\d][^/]{0,80})?\.(?:gif|png|jpe?g|svg|webp)(?:$|\?)"
    r"|/(?:clear|dot|empty|space|s|none|nothing|null)\.gif(?:$|\?)",
    re.IGNORECASE,
)


def is_usable(value: str, bits: int) -> bool:
    """Whether a value can be a picture's address, and not a stand-in until a script runs; bits: by `look`."""
    value = value.strip()
    if not value:
        return False
    if bits & STAND_IN:
        return _PLACEHOLDER.search(value) is None
    return value[0] not in "dDaA" or not value[:6].lower().startswith(("data:", "about:"))


def _words(*groups: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(groups)})(?![a-z])", re.IGNORECASE)


_AVATAR = re.compile(
    r"avatar|gravatar|userpic|author[-_]?(?:photo|image|img|pic)|profile[-_]?(?:pic|photo|image)", re.IGNORECASE
)
_SHARE = _words(
    r"(?:share|social|facebook|twitter|pinterest|linkedin|whatsapp|reddit)(?:[-_ ]?(?:button|btn|icon|logo))?"
)
_ADVERTISEMENT = _words(
    r"advert\w*|banner[-_]?ads?|ads?[-_]?banner|sponsor\w*", "doubleclick|adserver|googlesyndication"
)
_ICON = _words(
    r"icons?|emojis?|smil(?:ey|ies)|emoticons?|logos?|sprites?", "buttons?|btn|bullets?|arrows?|favicon|spacer"
)
_AD_FILE = re.compile(r"(?<![a-z])(?:ads?|advert|banner)[-_]?\d{2,4}x\d{2,4}(?!\d)", re.IGNORECASE)
"""File names of advertisements: the word and the size of the place that was sold, "ad-728x90.jpg"."""


def judged(url: str, width: int, height: int, names: str) -> str:
    """Why a picture is none of content by what its element says alone; empty where nothing speaks against it.

    width, height: as declared, in CSS px. names: its class and id.
    """
    if 0 < width <= 2 or 0 < height <= 2:
        return "tracking_pixel"
    end = url.find("?")
    end = len(url) if end < 0 else end
    if end > 3 and (url[end - 2] in "vV" or url[end - 1] in "zZ") and url[:end].lower().endswith((".svg", ".svgz")):
        return "svg"
    return named(names, url[url.rfind("/", 0, end) + 1 : end])


def named(names: str, file: str) -> str:
    """What a picture's class and id, or the name of its file, say that it is; empty when nothing of note."""
    if sized(file) and _AD_FILE.search(file):
        return "advertisement"
    bits = look(names) if names else 0
    if bits & _AN_AVATAR and _AVATAR.search(names):
        return "avatar"
    if bits & _A_SHARE and _SHARE.search(names):
        return "share_button"
    if bits & _AN_AD and _ADVERTISEMENT.search(names):
        return "advertisement"
    if bits & _AN_ICON and _ICON.search(names):
        return "icon"
    bits = look(file)
    if bits & _AN_AVATAR and _AVATAR.search(file):
        return "avatar"
    return "icon" if bits & _AN_ICON and _ICON.search(file) else ""


_EMOJI = re.compile(r"emoji|smil(?:ey|ie)|emoticon", re.IGNORECASE)
_FORMULA = re.compile(
    r"(?<![a-z])(?:la)?tex(?![a-z])|mwe-math|ql-img|math-?(?:image|img|inline|display)|\bmath\b|equation", re.IGNORECASE
)
_DRAWS = re.compile(r"latex\.php|/latex[./?]|mathtex|mimetex|/math/render/|codecogs\.com|/wp-latex", re.IGNORECASE)


def stands_for(alt: str, names: str, url: str, bits: int) -> int:
    """Whether a picture stands for a `SIGN` in its line, or for a formula with its `SOURCE`; 0 for any other.

    names: its class. bits: what `look` says of its URL.
    """
    if not alt.isascii() and len(alt) <= 12 and _EMOJI.search(names + url[max(0, len(url) - 300) :]):
        for sign in alt:
            if sign.isalnum():
                return 0
        return SIGN
    names = names[:LONGEST_NAME]
    if bits & _DRAWING and _DRAWS.search(url[:300]):
        return SOURCE
    return SOURCE if names and look(names) & _A_FORMULA and _FORMULA.search(names) else 0
