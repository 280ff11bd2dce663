"""Runs of letters: the tags in a page's bytes before it is parsed, and the words in the names of its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable

SLASH, DASH = b"/-"
OPTION = int.from_bytes(b"option", "big")
LONGEST = 7
"""Letters of a tag, above which none is asked for by its number."""
HEAD = 4
"""Letters by which a run is looked up."""
SLOTS = 65_521
"""Places of a `table`: a prime number, and few enough for a processor's cache."""


def nesting(html: bytes, flat: Collection[int], most: int, most_options: int) -> int:
    """The nesting of a page's tags at the first place where it is above `most`, 0 where it is nowhere.

    flat: tags that do not count, as they end by themselves or end each other; of each the bytes of its small letters as
    one number, the first as the highest. Where there are more than
    `most_options` <option>, their number so far, below 0.
    """
    depth = options = 0
    option = OPTION
    length = len(html)
    at = html.find(b"<") + 1
    while 0 < at < length:
        begin = at
        closes = html[at] == SLASH
        if closes:
            begin += 1
        end = begin
        key = 0
        while end < length:
            sign = html[end]
            if not (97 <= sign <= 122 or 65 <= sign <= 90 or (end > begin and (sign == DASH or 48 <= sign <= 57))):
                break
            key = key << 8 | sign | 32 if end - begin < LONGEST else -1
            end += 1
        if end > begin:
            if not closes and key == option:
                options += 1
                if options > most_options:
                    return -options
            if key not in flat:
                if not closes:
                    depth += 1
                    if depth > most:
                        return depth
                elif depth > 0:
                    depth -= 1
        at = html.find(b"<", end) + 1
    return 0


def words(name: str, heads: bytes) -> list[tuple[int, str]]:
    """The runs of ASCII letters in a name that begin as one in a `table`, in lower case, each with its place.

    A capital behind a small letter begins one: "leftSidebar" has two.
    """
    found: list[tuple[int, str]] = []
    at = begin = -1
    number = 0
    small = capital = False
    for sign in name:
        at += 1
        lower, upper = "a" <= sign <= "z", "A" <= sign <= "Z"
        if begin >= 0 and not (lower or (upper and not small)):
            if heads[number % SLOTS]:
                found.append((begin, name[begin:at].lower() if capital else name[begin:at]))
            begin = -1
        if lower or upper:
            if begin < 0:
                begin, number, capital = at, 0, False
            capital = capital or upper
            if at < begin + HEAD:
                number = number << 5 | (ord(sign) & 31)
        small = lower
    if begin >= 0 and heads[number % SLOTS]:
        found.append((begin, name[begin : at + 1].lower()))
    return found


def humps(name: str) -> str:
    """A name in lower case with a hyphen before each capital behind a small letter: "leftSidebar" has two words."""
    parts: list[str] = []
    begin = 0
    small = False
    for at in range(len(name)):
        sign = name[at]
        if small and "A" <= sign <= "Z":
            parts.append(name[begin:at])
            begin = at
        small = "a" <= sign <= "z"
    if begin:
        parts.append(name[begin : len(name)])
        name = "-".join(parts)
    return name.lower()


def head(run: str) -> int:
    """The place of a run of ASCII letters in a `table`, by the first of them."""
    number = 0
    for sign in run[:HEAD]:
        number = number << 5 | (ord(sign) & 31)
    return number % SLOTS


def table(beginnings: Iterable[str]) -> bytes:
    """For each place, by `head`, whether it is that of one of these: of runs, each by its first `HEAD` letters."""
    found = bytearray(SLOTS)
    for one in beginnings:
        found[head(one)] = 1
    return bytes(found)


def dense(text: str) -> int:
    """How many signs of Chinese, Japanese and Korean are in a text: each says as much as two letters, or more."""
    found = 0
    for sign in text:
        if sign < "\u3040":
            continue
        if (
            "\u4e00" <= sign <= "\u9fff"
            or sign <= "\u30ff"
            or "\uac00" <= sign <= "\ud7af"
            or "\u3400" <= sign <= "\u4dbf"
        ):
            found += 1
    return found


def signs(text: str) -> int:
    """How many characters of a text are no white space."""
    found = 0
    for sign in text:
        if not sign.isspace():
            found += 1
    return found


def inside(text: str) -> int:
    """How many characters a text has, white space at its ends aside."""
    begin, end = 0, len(text)
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return end - begin


def is_line(text: str) -> bool:
    """Whether a text's only white space is single spaces between other signs, so that it stays as it is."""
    space = True
    for sign in text:
        if " " < sign < "\x7f" or not sign.isspace():
            space = False
        elif space or sign != " ":
            return False
        else:
            space = True
    return not space
