"""What a page is read into: pieces in reading order, and the boxes that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

from m3w_builder.document import Audio, Image, Video


@dataclass(slots=True)
class Block:
    """A block of text; `links` counts the characters of it that stand in links."""

    text: str
    kind: str
    level: int
    links: int
    box: int
    joint: str | None = None
    """What parts it from the block before it, where the two are one line that a picture stands in; else None."""


@dataclass(slots=True)
class Shot:
    """A picture in its place: its image, and the reason why it can't be kept, if there is one."""

    image: Image
    reason: str
    box: int
    link: str = ""
    """Where the link leads in which it stands."""
    linked_text: bool = False
    fallback: bool = False
    """Stood in a <noscript>."""


@dataclass(slots=True)
class Clip:
    """A video or a sound in its place."""

    item: Video | Audio
    box: int


Piece = Block | Shot | Clip


@dataclass(slots=True)
class Box:
    """An element that holds pieces `start` to before `end`; `name` is its class and id."""

    parent: int
    tag: str
    name: str
    start: int
    end: int = 0
    depth: int = 0
    bad: str = ""
    """The tag or the word in its name by which it is no content, unless other things speak for it."""
    unread: int = 0
    """Characters of text in it that were passed over, as of furniture, white space aside."""
    unread_links: int = 0
    """Of these, characters in links."""


@dataclass(slots=True)
class Page:
    """What the walk found."""

    pieces: list[Piece] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    inline: dict[str, bytes] = field(default_factory=dict)
    """The bytes of pictures that stand in the page itself, by the address that they were given."""
    aside: list[tuple[Image, str]] = field(default_factory=list)
    """Pictures that are no pieces, with the reason: drawings in SVG, and what stands in parts that nobody sees."""


class TooMany(Exception):
    """The page has more elements than it may have."""
