"""What a page is read into: pieces in reading order, and the boxes that hold them.

A page has hundreds of these, so they are plain classes, of which the compiled form makes C structures (pieces.pxd).
"""

from __future__ import annotations

from m3w_builder.document import Audio, Image, Video


class Piece:
    """What stands in a page in its place: a text, a picture, a video or a sound; `box` is the number of its box."""

    def __init__(self, box: int) -> None:
        self.box = box


class Block(Piece):
    """A block of text; `links` counts the characters of it that stand in links.

    joint: what parts it from the block before it, where the two are one line that a picture stands in; else None.
    """

    def __init__(self, text: str, kind: str, level: int, links: int, box: int, joint: str | None = None) -> None:
        self.text = text
        self.kind = kind
        self.level = level
        self.links = links
        self.box = box
        self.joint = joint
        self.good = -1.0
        """What it speaks for being content (`weigh.goodness`), once that is known."""


class Picture:
    """What a picture's element says wherever it stands, and the reason why it can't be kept, if there is one.

    url: its address, or how its src begins where it has none. width, height: as declared, in CSS px, 0 where not.
    body: its bytes, where they stand in the page itself. stands: whether its alt is told in the text (`kinds`).
    """

    def __init__(
        self, url: str, alt: str, title: str, width: int, height: int, reason: str = "", body: bytes = b""
    ) -> None:
        self.url = url
        self.alt = alt
        self.title = title
        self.width = width
        self.height = height
        self.reason = reason
        self.body = body
        self.stands = 0

    def image(self) -> Image:
        """The same as a document has it."""
        return Image(self.url, self.alt, self.title, "", self.width, self.height)


class Shot(Piece):
    """A picture in its place, and the reason why it can't be kept there, if there is one.

    link: where the link leads in which it stands. fallback: whether it stood in a <noscript>.
    """

    def __init__(
        self, picture: Picture, reason: str, box: int, link: str = "", linked_text: bool = False, fallback: bool = False
    ) -> None:
        self.picture = picture
        self.reason = reason
        self.box = box
        self.link = link
        self.linked_text = linked_text
        self.fallback = fallback


class Clip(Piece):
    """A video or a sound in its place."""

    def __init__(self, item: Video | Audio, box: int) -> None:
        self.item = item
        self.box = box


class Box:
    """An element that holds pieces `start` to before `end`; `name` is its class and id.

    bad: the tag or the word in its name by which it is no content, unless other things speak for it. What it holds,
    boxes inside included, is summed up by `weigh`, and is 0 before.
    """

    def __init__(self, parent: int, tag: str, name: str, start: int, bad: str = "") -> None:
        self.parent = parent
        self.tag = tag
        self.name = name
        self.start = start
        self.end = 0
        self.bad = bad
        self.unread = 0
        """Characters of text in it that were passed over, as of furniture, white space aside."""
        self.unread_links = 0
        """Of these, characters in links."""
        self.against = ""
        """What is left of `bad` when the page's other boxes are known."""
        self.around = False
        """Whether it, or a box around it, looks like no content."""
        self.hard = False
        """The same, words that pages give to their main part too left aside."""
        self.own = 0.0
        """Characters in it that speak for content, what stands in boxes inside aside."""
        self.good = 0.0
        """The same with the boxes inside, of which those that look like no content count little."""
        self.whole = 0.0
        """The same, all boxes inside counted in full."""
        self.text = 0
        self.links = 0
        self.paragraphs = 0
        """Blocks of good text."""
        self.pictures = 0
        """Pictures against which their own element does not speak."""
        self.last = 0
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
