"""The browser's pages: documents as a reader sees them, pictures, what was dropped, judging; asked by path.

Page text is hostile. Every value is escaped by the templates, no script runs but the app's own file, and pictures are
served under fixed types.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Text
from m3w_builder.report import judging, reasons, templating
from m3w_builder.report.again import again
from m3w_builder.report.alike import alike, stored
from m3w_builder.report.catalogue import Catalogue, dropped
from m3w_builder.report.figures import name_of
from m3w_builder.report.why import steps
from m3w_builder.shards.search import Query

PAGE = 30
"""Documents on a page of the list."""
ROWS = 100
"""Dropped rows on a page."""
TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif",
    "bmp": "image/bmp", "tiff": "image/tiff",
}  # fmt: skip
"""The only types under which a picture is served, by its part's ending; SVG, which can hold scripts, is none."""
TABS = {"documents": "", "document": "", "look": "", "again": "dropped"}
"""Under which tab a page stands, where it has none of its own."""
REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""For the report, which is one file with its styles and thumbnails inside."""


@dataclass(slots=True)
class Answer:
    """What goes back over the wire."""

    body: bytes
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] | None = None


class App:
    """Answers by path; knows nothing of sockets, so that tests can ask it directly."""

    def __init__(self, build: str) -> None:
        self.build = build
        self.name = name_of(build)
        self.catalogue = Catalogue(build)
        self.ledger = storage.read_json(storage.join(build, "ledger.json"))
        self.environment = templating.environment(escaping=True)
        self.environment.filters["link"] = link
        self.environment.globals["served"] = frozenset(TYPES)
        self.lock = threading.Lock()
        self.routes: dict[str, Callable[[list[str], dict[str, str]], Answer]] = {
            "": self.documents,
            "document": self.document,
            "picture": self.picture,
            "look": self.look,
            "stored": self.stored,
            "again": self.again,
            "random": self.random,
            "dropped": self.dropped,
            "why": self.why,
            "judge": self.judge,
            "report": self.report,
            "style.css": self.static,
            "script.js": self.static,
            "favicon.ico": lambda *_: Answer(b"", "image/x-icon", 204),
        }

    def get(self, target: str) -> Answer:
        """The answer to a GET of this path and query."""
        parts = urlsplit(target)
        first, *rest = parts.path.lstrip("/").split("/")
        form = {name: values[-1].strip() for name, values in parse_qs(parts.query).items()}
        if first not in self.routes:
            return self._missing(f"There is no page {parts.path}.")
        return self.routes[first]([first, *rest], form)

    def post(self, target: str, body: bytes) -> Answer:
        """The answer to a POST: the one thing that can be sent is a judgement."""
        try:
            sent = json.loads(body)
            key, good = str(sent["key"]), bool(sent["good"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return Answer(b"a judgement is {key, good}", "text/plain", 400)
        if target != "/judge" or self.catalogue.find(key) < 0:
            return Answer(b"no such document", "text/plain", 404)
        with self.lock:
            judged = judging.save(self.build, key, good)
        share, low, high = judging.precision(judged)
        told = {"judged": len(judged), "good": sum(judged.values()), "share": share, "low": low, "high": high}
        return Answer(json.dumps(told).encode(), "application/json")

    def documents(self, _: list[str], form: dict[str, str]) -> Answer:
        """The list of documents, filtered."""
        query = query_of(form)
        found = self.catalogue.select(query)
        page = max(0, whole(form.get("page", "0")))
        rows = self.catalogue.rows([int(number) for number in found[page * PAGE : (page + 1) * PAGE]])
        passages = (
            self.catalogue.passages(rows, query.text) if query.text else [[(row["snippet"], False)] for row in rows]
        )
        return self._page(
            "documents.html",
            rows=list(zip(rows, passages, strict=True)),
            **{"from": page * PAGE},
            found=len(found),
            total=self.catalogue.total,
            query=query,
            asked=asked(query),
            page=page,
            pages=-(-len(found) // PAGE),
            scores=self.catalogue.score_names(),
            texts=self.catalogue.has_texts(),
            counters=self._counters(),
        )

    def document(self, path: list[str], form: dict[str, str]) -> Answer:
        """One document; `at` is its place in the filtered list, for next and previous."""
        number = self.catalogue.find(path[1]) if len(path) == 2 else -1
        if number < 0:
            return self._missing("There is no such document in this build.")
        query = query_of(form)
        found = self.catalogue.select(query)
        at = int(found.searchsorted(number))
        if at >= len(found) or found[at] != number:
            query, found, at = Query(), self.catalogue.select(Query()), number
        beside = [int(found[place]) if 0 <= place < len(found) else -1 for place in (at - 1, at + 1)]
        keys = {row["number"]: row["key"] for row in self.catalogue.rows([one for one in beside if one >= 0])}
        return self._page(
            "document.html",
            **self._shown(number),
            before=keys.get(beside[0], ""),
            after=keys.get(beside[1], ""),
            at=at,
            found=len(found),
            asked=asked(query),
        )

    def picture(self, path: list[str], _: dict[str, str]) -> Answer:
        """A picture's bytes: /picture/KEY/PART."""
        number = self.catalogue.find(path[1]) if len(path) == 3 else -1
        kind = TYPES.get(path[-1].rsplit(".", 1)[-1])
        body = self.catalogue.picture(number, path[-1]) if number >= 0 and kind else None
        if kind is None or body is None:
            return Answer(b"no such picture", "text/plain", 404)
        return Answer(body, kind, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})

    def look(self, path: list[str], _: dict[str, str]) -> Answer:
        """One picture with what was measured of it, and those that look like it: /look/KEY/PART."""
        number = self.catalogue.find(path[1]) if len(path) == 3 else -1
        document = self.catalogue.sample(number)[0] if number >= 0 else None
        image = next((one for one in document.images if one.part == path[-1]), None) if document else None
        if document is None or image is None:
            return self._missing("There is no such picture in this build.")
        place = next(place for place, item in enumerate(document.items) if item is image)
        beside = [item.text for item in document.items[max(0, place - 2) : place + 3] if isinstance(item, Text)]
        found = alike(self.build, image.phash, image.url)
        return self._page("look.html", document=document, image=image, beside=beside, found=found)

    def stored(self, path: list[str], _: dict[str, str]) -> Answer:
        """A stored picture's bytes, also where it was dropped later: /stored/PARTITION/ROW."""
        found = stored(self.build, path[1], whole(path[2])) if len(path) == 3 else None
        kind = TYPES.get({"jpeg": "jpg"}.get(found[1], found[1])) if found else None
        if found is None or kind is None:
            return Answer(b"no such picture", "text/plain", 404)
        return Answer(found[0], kind, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})

    def again(self, _: list[str], form: dict[str, str]) -> Answer:
        """A dropped page, shown again with why it went."""
        url = form.get("url", "")
        shown = again(self.build, url)
        meanings = {row["reason"]: reasons.meaning(row["stage"], row["reason"]) for row in shown.rows}
        return self._page("again.html", url=url, shown=shown, document=shown.document, meanings=meanings)

    def random(self, _: list[str], form: dict[str, str]) -> Answer:
        """Leads to a random document of those that the query wants."""
        query = query_of(form)
        found = self.catalogue.select(query)
        if not len(found):
            return self._missing("No document is like that.")
        row = self.catalogue.rows([int(random.choice(found))])[0]
        return Answer(b"", status=303, headers={"Location": f"/document/{row['key']}{asked(query)}"})

    def dropped(self, _: list[str], form: dict[str, str]) -> Answer:
        """What was dropped: the books, and the rows of one stage or reason."""
        wanted = {name: form[name] for name in ("unit", "stage", "reason") if form.get(name)}
        page = max(0, whole(form.get("page", "0")))
        rows = dropped(self.build, wanted, form.get("q", ""), page * ROWS, ROWS + 1)
        books = [
            {"unit": unit[:-1], "stage": entry["stage"], "reason": reason, "number": number,
             "meaning": reasons.meaning(entry["stage"], reason)}
            for entry in self.ledger
            for unit in ("pages", "pictures")
            for reason, number in sorted(entry[unit]["dropped"].items(), key=lambda item: -item[1])
        ]  # fmt: skip
        given = {**wanted, **({"q": form["q"]} if form.get("q") else {})}
        return self._page(
            "dropped.html",
            books=books,
            rows=rows[:ROWS],
            more=len(rows) > ROWS,
            first=page * ROWS,
            page=page,
            wanted=wanted,
            text=form.get("q", ""),
            given=urlencode(given),
        )

    def why(self, _: list[str], form: dict[str, str]) -> Answer:
        """One URL's way through the stages."""
        url = form.get("url", "")
        found = [(step, self.catalogue.find(step.document) >= 0) for step in (steps(self.build, url) if url else ())]
        return self._page("why.html", url=url, steps=found)

    def judge(self, _: list[str], form: dict[str, str]) -> Answer:
        """A random document that nobody judged yet, with its two buttons."""
        judged = judging.load(self.build)
        seed = f"{form.get('seed', '0')}:{len(judged)}:{form.get('skip', '')}"
        generator = random.Random(seed)
        number = -1
        for _try in range(100):
            number = generator.randrange(self.catalogue.total)
            if self.catalogue.rows([number])[0]["key"] not in judged:
                break
        share, low, high = judging.precision(judged)
        return self._page(
            "judge.html", **self._shown(number), judged=judged, share=share, low=low, high=high,
            skip=generator.randrange(10**9), of=whole(form.get("of", "")) or 50,
        )  # fmt: skip

    def report(self, _: list[str], __: dict[str, str]) -> Answer:
        """The build's report page."""
        url = storage.join(self.build, "report", "report.html")
        if not storage.exists(url):
            return self._missing("This build has no report yet; `m3w report` writes it.")
        return Answer(storage.read_bytes(url), headers={"Content-Security-Policy": REPORT_POLICY})

    def static(self, path: list[str], _: dict[str, str]) -> Answer:
        """The app's own style and script."""
        body = resources.files("m3w_builder.report.templates").joinpath(path[0]).read_bytes()
        return Answer(body, "text/css" if path[0].endswith("css") else "text/javascript")

    def _shown(self, number: int) -> dict[str, Any]:
        """What the templates need to show a document."""
        document, _ = self.catalogue.sample(number)
        row = self.catalogue.rows([number])[0]
        return {"document": document, "row": row, "number": number}

    def _counters(self) -> dict[str, list[str]]:
        """Hosts and languages to choose from, most documents first; from the report's figures where there are any."""
        url = storage.join(self.build, "report", "report.json")
        counters = storage.read_json(url)["counters"] if storage.exists(url) else {}
        return {name: [value for value, _ in counters.get(name, [])] for name in ("hosts", "languages")}

    def _page(self, name: str, status: int = 200, **values: Any) -> Answer:
        page = name.removesuffix(".html")
        values = {"build": self.name, "here": TABS.get(page, page), **values}
        return Answer(self.environment.get_template(name).render(**values).encode(errors="replace"), status=status)

    def _missing(self, text: str) -> Answer:
        return self._page("missing.html", status=404, text=text)


def query_of(form: dict[str, str]) -> Query:
    """The query of a form's fields; what is no number counts as not given."""
    return Query(
        text=form.get("q", ""),
        host=form.get("host", "").lower(),
        language=form.get("language", ""),
        split=form.get("split", ""),
        pictures=max(0, whole(form.get("pictures", ""))),
        score=form.get("score", ""),
        least=_float(form.get("least", "")),
        most=_float(form.get("most", "")),
    )


def asked(query: Query) -> str:
    """A query as the end of an address, with its question mark; empty where nothing is asked."""
    fields = {
        "q": query.text, "host": query.host, "language": query.language, "split": query.split,
        "pictures": query.pictures or "", "score": query.score,
        "least": "" if query.least is None else query.least, "most": "" if query.most is None else query.most,
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value != ""}
    return "?" + urlencode(given) if given else ""


def link(url: str) -> str:
    """An address that may be clicked: http and https alone, else nothing that leads anywhere."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%-._~") if url.startswith(("http://", "https://")) else "about:blank"


def whole(text: str) -> int:
    """A whole number of a form; 0 where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
