"""Writes the pages of a site: title, paragraphs and pictures, each picture told of right after it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from m3w_builder.sampleweb.forms import FORMS
from m3w_builder.sampleweb.idioms import IDIOMS, Idiom
from m3w_builder.sampleweb.scene import Scene, draw_scene
from m3w_builder.sampleweb.site import Block, File, Page, Shot, Site
from m3w_builder.sampleweb.tongue import Tongue, Writer
from m3w_builder.words import words

_PICTURES = (2, 3, 3, 2, 1)
"""Weights of one to five pictures on a page."""


MOST_REPEATED = 0.10
"""Pages stay under this share of repeated runs of words; MassiveText's limit is 0.15 (arXiv 2112.11446, table A1)."""


@dataclass(slots=True)
class Composer:
    """Writes pages; remembers every paragraph so that none comes twice in the whole web."""

    rng: Random
    seen: set[str] = field(default_factory=set)

    def page(
        self, site: Site, number: int, tongue: Tongue, pictures: int = -1, form: str = "", original: Shot | None = None
    ) -> Page:
        """A page of the site's idiom with as many pictures, or a chance number of them; anew while it repeats itself.

        With a `form`, one picture is of it, never the first, so that the page keeps a plain one; a
        copy shows the scene of the `original`.
        """
        for _ in range(20):
            page = self._page(site, number, tongue, pictures, form, original)
            if repeats(page) < MOST_REPEATED:
                break
        return page

    def _page(self, site: Site, number: int, tongue: Tongue, pictures: int, form: str, original: Shot | None) -> Page:
        idiom = IDIOMS[site.idiom]
        writer = Writer(tongue, self.rng)
        slug = f"{site.idiom}-{number}"
        names = {
            "slug": slug,
            "number": str(number),
            "year": str(self.rng.randint(2009, 2024)),
            "month": f"{self.rng.randint(1, 12):02}",
        }
        title = self._new(lambda: writer.write("title"))
        page = Page(site.host, idiom.path.format(**names), title, tongue.code)
        if pictures < 0:
            pictures = self.rng.choices(range(1, 6), _PICTURES)[0]
            pictures = max(pictures, 2) if form or site.idiom == "gallery" else pictures
        special = self.rng.randint(2, pictures) if form else 0
        page.blocks = [
            Block("title", title, optional=True),
            Block("byline", f"{tongue.labels['by']} {writer.write('person')}, {self._date(names)}", optional=True),
            Block("paragraph", self._new(lambda: writer.paragraph("intro", "intro"))),
        ]
        for k in range(1, pictures + 1):
            path = idiom.pictures.format(**names, k=k)
            scene = original.file.scene if original and k == special else draw_scene(self.rng)
            blocks = self._picture(site, idiom, writer, path, scene)
            if k == special:
                set_form(next(block.shot for block in blocks if block.shot), form)
            page.blocks += blocks
            if idiom.extras and self.rng.random() < 0.4:
                page.blocks.append(self._extra(writer, self.rng.choice(idiom.extras)))
        page.blocks.append(Block("paragraph", self._new(lambda: writer.paragraph("closing"))))
        return page

    def _picture(self, site: Site, idiom: Idiom, writer: Writer, path: str, scene: Scene) -> list[Block]:
        """A picture and what tells of it, in the caption or in the paragraph that follows."""
        shot = Shot(File(site.host, f"{path}.jpg", scene))
        for factor in idiom.sizes:
            if factor < 0:
                shot.others.append(File(site.host, f"{path}.webp", scene, "copy_webp"))
            else:
                shot.others.append(File(site.host, f"{path}-{round(scene.width * factor)}.jpg", scene, "plain", factor))
        blocks = [Block("heading", writer.write("heading"))] if idiom.headings else []
        blocks.append(Block("image", shot=shot))
        shot.alt = writer.tongue.phrases(scene)["main"] if self.rng.random() < 0.5 else ""
        if not idiom.captions:
            told = self._new(lambda: writer.tongue.joint.join((writer.describe(scene), writer.write("remark"))))
            return [*blocks, Block("paragraph", told)]
        told = writer.describe(scene, "caption")
        if told in self.seen:
            told = writer.tongue.joint.join((told, writer.write("remark")))
        self.seen.add(told)
        rest = self._new(lambda: writer.paragraph("remark", "remark"))
        return [*blocks, Block("caption", told), Block("paragraph", rest)]

    def _extra(self, writer: Writer, kind: str) -> Block:
        if kind == "list":
            return Block("list", parts=[self._new(lambda: writer.paragraph("remark")) for _ in range(3)])
        if kind == "table":
            return Block(
                "table",
                parts=[self.rng.choice(writer.tongue.rules[name]) for name in ("place", "person", "town", "topic")],
            )
        if kind == "code":
            name, draw = self.rng.choice(("print", "trim", "frame", "press")), self.rng.randint
            return Block("code", f"{name} --sheets {draw(2, 90)} --margin {draw(1, 30)} sheet{draw(1, 999)}.txt")
        return Block("quote", self._new(lambda: writer.paragraph("remark", "remark")))

    def _new(self, write: Callable[[], str]) -> str:
        """A paragraph that stands nowhere else; after fifty tries one that does."""
        for _ in range(50):
            text = write()
            if text not in self.seen:
                break
        self.seen.add(text)
        return text

    def _date(self, names: dict[str, str]) -> str:
        return f"{names['year']}-{names['month']}-{self.rng.randint(1, 28):02}"


def repeats(page: Page) -> float:
    """The share of a page's characters that lie in runs of five words which stand more than once."""
    said = words(" ".join(" ".join(block.parts) or block.text for block in page.blocks))
    runs = [tuple(said[start : start + 5]) for start in range(len(said) - 4)]
    counts = Counter(runs)
    again = {place for start, run in enumerate(runs) if counts[run] > 1 for place in range(start, start + 5)}
    return sum(len(said[place]) for place in again) / max(1, sum(map(len, said)))


def short_page(page: Page, writer: Writer) -> None:
    """Leave a picture and a few words."""
    image = next(block for block in page.blocks if block.shot)
    page.blocks = [page.blocks[0], image, Block("paragraph", writer.write("person"))]


def repeat(page: Page) -> None:
    """Say the same again and again."""
    first = page.blocks[2]
    page.blocks = [*page.blocks[:4], *(Block("paragraph", first.text) for _ in range(9))]


def set_form(shot: Shot, form: str) -> None:
    """Make a plain picture one of another form, under the one address."""
    made = FORMS[form]
    folder, _, name = shot.file.path.rpartition("/")
    path = f"{folder}/{made.folder}{name.rsplit('.', 1)[0]}.{made.suffix}"
    shot.file = File(shot.file.host, path, shot.file.scene, form, planted=True)
    shot.others = []
