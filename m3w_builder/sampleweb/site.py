"""What the plan of a sample web is made of: sites, their pages, blocks of text and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from m3w_builder.sampleweb.forms import FORMS
from m3w_builder.sampleweb.scene import Scene

DOMAIN = "sample.test"
"""Every host ends in this; .test is never resolved by a name service (RFC 6761)."""


def url_of(host: str, path: str) -> str:
    return f"http://{host}{quote(path, safe='/%?=&~')}"


@dataclass(frozen=True, slots=True)
class File:
    """A picture file to be made: a scene in a form, perhaps scaled."""

    host: str
    path: str
    scene: Scene
    form: str = "plain"
    scale: float = 1.0
    planted: bool = False
    """Whether it stands in its own place, and is not merely another size of a picture."""

    @property
    def url(self) -> str:
        return url_of(self.host, self.path)


@dataclass(slots=True)
class Shot:
    """A picture in its place on a page; `others` are further sizes of it, one of which may be taken instead."""

    file: File
    alt: str = ""
    others: list[File] = field(default_factory=list)
    group: str = ""
    keep: str = "yes"

    @property
    def form(self) -> str:
        return self.file.form


@dataclass(slots=True)
class Block:
    """A run of text, or a picture, in reading order; an `optional` one may be missing from the corpus."""

    kind: str
    text: str = ""
    parts: list[str] = field(default_factory=list)
    shot: Shot | None = None
    optional: bool = False


@dataclass(slots=True)
class Page:
    """A page as planned: its content, and what a build must make of it.

    `fate` is "kept", "dropped", "group" (exactly one of the group stays) or "absent" (never a document).
    `moved_from` is a path that redirects here.
    """

    host: str
    path: str
    title: str
    language: str
    case: str = "plain"
    blocks: list[Block] = field(default_factory=list)
    fate: str = "kept"
    reasons: tuple[str, ...] = ()
    group: str = ""
    listed: bool = True
    status: int = 200
    moved_from: str = ""

    @property
    def url(self) -> str:
        return url_of(self.host, self.path)

    @property
    def link(self) -> str:
        """The path under which other pages link here."""
        return self.moved_from or self.path

    @property
    def shots(self) -> list[Shot]:
        return [block.shot for block in self.blocks if block.shot]

    def truth(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"fate": self.fate, "case": self.case, "language": self.language}
        if self.reasons:
            entry["reasons"] = list(self.reasons)
        if self.group:
            entry["group"] = self.group
        if self.fate in ("kept", "group"):
            entry["items"] = [_item(block) for block in self.blocks]
        return entry


def _item(block: Block) -> dict[str, Any]:
    if block.shot:
        also = [file.url for file in block.shot.others]
        return {"image": block.shot.file.url, **({"also": also} if also else {})}
    entry: dict[str, Any] = {"text": " ".join(block.parts) or block.text}
    if block.kind != "paragraph":
        entry["kind"] = block.kind
    if block.optional:
        entry["optional"] = True
    return entry


def picture_truth(shot: Shot) -> dict[str, Any]:
    """What must become of a picture: `fate` is "kept", "dropped", "group" or "either"."""
    form = FORMS[shot.form]
    keep = shot.keep if form.keep == "yes" else form.keep
    entry: dict[str, Any] = {
        "fate": {"yes": "kept", "no": "dropped", "maybe": "either", "group": "group"}[keep],
        "case": shot.form,
        "scene": shot.file.scene.to_json(),
    }
    if form.reasons:
        entry["reasons"] = list(form.reasons)
    if shot.group:
        entry["group"] = shot.group
    return entry


@dataclass(slots=True)
class Site:
    """One host: its idiom, its language, its pages, and the pages that list these."""

    host: str
    idiom: str
    language: str
    number: int
    charset: str = "utf-8"
    pages: list[Page] = field(default_factory=list)
    lists: list[Page] = field(default_factory=list)

    @property
    def listed(self) -> list[Page]:
        return [page for page in self.pages if page.listed]

    @property
    def name(self) -> str:
        return self.host.split(".", 1)[0].replace("-", " ").title()
