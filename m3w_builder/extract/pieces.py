"""What a page is read into: pieces in reading order, and the boxes that hold them.

A page has hundreds of these, so they are plain classes, of which the compiled form makes C structures (pieces.pxd),
and functions make them: a call of a class costs more than what it makes.
"""

from __future__ import annotations

from m3w_builder.document import Audio, Image, Video


class Piece:
    """What stands in a page in its place: a text, a picture, a video or a sound; `box` is the number of its box."""

    box: int


class Block(Piece):
    """A block of text; `links` counts the characters of it that stand in links.

    joint: what parts it from the block before it, where the two are one line that a picture stands in; else None.
    """

    text: str
    kind: str
    level: int
    links: int
    joint: str | None
    good: float
    """What it speaks for being content (`weigh.goodness`), below 0 before that is known."""


class Picture:
    """What a picture's element says wherever it stands, and the reason why it can't be kept, if there is one.

    url: its address, or how its src begins where it has none. width, height: as declared, in CSS px, 0 where not.
    body: its bytes, where they stand in the page itself. stands: whether its alt is told in the text (`kinds`).
    """

    url: str
    alt: str
    title: str
    width: int
    height: int
    reason: str
    body: bytes
    stands: int

    def image(self) -> Image:
        """The same as a document has it."""
        return Image(self.url, self.alt, self.title, "", self.width, self.height)


class Shot(Piece):
    """A picture in its place, and the reason why it can't be kept there, if there is one.

    link: where the link leads in which it stands. fallback: whether it stood in a <noscript>.
    """

    picture: Picture
    reason: str
    link: str
    linked_text: bool
    fallback: bool


class Clip(Piece):
    """A video or a sound in its place."""

    item: Video | Audio


class Box:
    """An element that holds pieces `start` to before `end`; `name` is its class and id.

    bad: the tag or the word in its name by which it is no content, unless other things speak for it. What it holds,
    boxes inside included, is summed up by `weigh`, and is 0 before.
    """

    parent: int
    tag: str
    name: str
    start: int
    end: int
    bad: str
    unread: int
    """Characters of text in it that were passed over, as of furniture, white space aside."""
    unread_links: int
    """Of these, characters in links."""
    against: str
    """What is left of `bad` when the page's other boxes are known."""
    around: bool
    """Whether it, or a box around it, looks like no content."""
    hard: bool
    """The same, words that pages give to their main part too left aside."""
    own: float
    """Characters in it that speak for content, what stands in boxes inside aside."""
    good: float
    """The same with the boxes inside, of which those that look like no content count little."""
    whole: float
    """The same, all boxes inside counted in full."""
    text: int
    links: int
    paragraphs: int
    """Blocks of good text."""
    pictures: int
    """Pictures against which their own element does not speak."""
    last: int
    """The number of the last box in it, its own where it holds none: boxes are numbered in reading order."""


class Page:
    """What the walk found."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.boxes: list[Box] = []
        self.inline: dict[str, bytes] = {}
        """The bytes of pictures that stand in the page itself, by the address that they were given."""
        self.aside: list[tuple[Picture, str]] = []
        """Pictures that are no pieces, with the reason: drawings in SVG, and what stands in parts that nobody sees."""


class TooMany(Exception):
    """The page has more elements than it may have."""


def new_block(text: str, kind: str, level: int, links: int, box: int, joint: str | None = None) -> Block:
    one = Block.__new__(Block)
    one.text, one.kind, one.level, one.links, one.box, one.joint, one.good = text, kind, level, links, box, joint, -1.0
    return one


def new_picture(
    url: str, alt: str, title: str, width: int, height: int, reason: str = "", body: bytes = b""
) -> Picture:
    one = Picture.__new__(Picture)
    one.url, one.alt, one.title, one.width, one.height = url, alt, title, width, height
    one.reason, one.body, one.stands = reason, body, 0
    return one


def new_shot(picture: Picture, reason: str, box: int, link: str, linked_text: bool, fallback: bool) -> Shot:
    one = Shot.__new__(Shot)
    one.picture, one.reason, one.box, one.link = picture, reason, box, link
    one.linked_text, one.fallback = linked_text, fallback
    return one


def new_clip(item: Video | Audio, box: int) -> Clip:
    one = Clip.__new__(Clip)
    one.item, one.box = item, box
    return one


def new_box(parent: int, tag: str, name: str, start: int, bad: str = "") -> Box:
    """A box in which nothing was found yet."""
    one = Box.__new__(Box)
    one.parent, one.tag, one.name, one.start, one.end, one.bad, one.against = parent, tag, name, start, 0, bad, ""
    one.unread = one.unread_links = one.text = one.links = one.paragraphs = one.pictures = one.last = 0
    one.own = one.good = one.whole = 0.0
    one.around = one.hard = False
    return one
