"""`m3w browse`: a local web app that shows a build's documents as a reader sees them, and what was dropped.

Page text is hostile. Every value is escaped by the templates, no script runs but the app's own file, pictures are
served under fixed types, and only requests that name this very server are answered, so that no web page of elsewhere
can read through it.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.report import judging, reasons
from m3w_builder.report.catalogue import Catalogue, Query, dropped
from m3w_builder.report.why import why

PAGE = 30
"""Documents on a page of the list."""
ROWS = 100
"""Dropped rows on a page."""
TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif",
    "bmp": "image/bmp", "tiff": "image/tiff",
}  # fmt: skip
"""The only types under which a picture is served, by its part's ending; SVG, which can hold scripts, is none."""
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
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
        import jinja2

        self.build = build
        self.catalogue = Catalogue(build)
        self.ledger = storage.read_json(storage.join(build, "ledger.json"))
        self.environment = jinja2.Environment(
            loader=jinja2.PackageLoader("m3w_builder.report", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters["link"] = link
        self.lock = threading.Lock()
        self.routes: dict[str, Callable[[list[str], dict[str, str]], Answer]] = {
            "": self.documents,
            "document": self.document,
            "picture": self.picture,
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
        except (ValueError, KeyError, TypeError):
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
        page = max(0, _number(form.get("page", "0")))
        numbers = [int(number) for number in found[page * PAGE : (page + 1) * PAGE]]
        return self._page(
            "documents.html",
            rows=self.catalogue.rows(numbers),
            first=page * PAGE,
            found=len(found),
            total=self.catalogue.total,
            query=query,
            asked=asked(query),
            page=page,
            pages=-(-len(found) // PAGE),
            scores=self.catalogue.score_names(),
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
        parts = self.catalogue.sample(number)[1] if number >= 0 else {}
        kind = TYPES.get(path[-1].rsplit(".", 1)[-1])
        if kind is None or path[-1] not in parts:
            return Answer(b"no such picture", "text/plain", 404)
        return Answer(parts[path[-1]], kind, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})

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
        page = max(0, _number(form.get("page", "0")))
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
        return self._page("why.html", url=url, lines=why(self.build, url) if url else [])

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
            skip=generator.randrange(10**9),
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
        values = {"build": self.build.rstrip("/").rsplit("/", 1)[-1], **values}
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
        pictures=max(0, _number(form.get("pictures", ""))),
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


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def server(build: str, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """The app bound to an address, not yet serving; raises BuildError without a build, ConfigError on a taken port."""
    app = App(build)
    try:
        made = ThreadingHTTPServer((host, port), type("Bound", (_Handler,), {"app": app}))
    except OSError as error:
        raise ConfigError(f"--port {port}: cannot listen on {host}: {error.strerror}; name another one") from None
    made.daemon_threads = True
    return made


def serve(build: str, port: int = 8800, host: str = "127.0.0.1") -> None:
    """Serve until Ctrl-C."""
    with server(build, port, host) as made:
        print(f"browse {build} at http://{host}:{made.server_address[1]}/ (Ctrl-C ends)", flush=True)
        try:
            made.serve_forever()
        except KeyboardInterrupt:
            print()


class _Handler(BaseHTTPRequestHandler):
    app: App
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer(lambda: self.app.get(self.path))

    def do_POST(self) -> None:
        length = _number(self.headers.get("Content-Length", "0"))
        # A form on another site can send neither this type nor, with it, anything that is not asked about first.
        if length > 10_000 or self.headers.get("Content-Type") != "application/json":
            self.close_connection = True
            self._send(Answer(b"a judgement is JSON", "text/plain", 400))
            return
        body = self.rfile.read(length)
        self._answer(lambda: self.app.post(self.path, body))

    def _answer(self, ask: Callable[[], Answer]) -> None:
        if not self._ours():
            self._send(Answer(b"this server answers under its own name only", "text/plain", 403))
            return
        try:
            answer = ask()
        except Exception as error:  # one broken sample must not end the app
            answer = Answer(f"{type(error).__name__}: {error}".encode(errors="replace"), "text/plain", 500)
        self._send(answer)

    def _ours(self) -> bool:
        """Whether the request was sent to this server by name, and not by a page of elsewhere."""
        bound, port, *_ = cast(tuple[str, int], self.server.server_address)
        names = {f"{name}:{port}" for name in (bound, "127.0.0.1", "localhost", "[::1]")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in names and (origin is None or origin.removeprefix("http://") in names)

    def _send(self, answer: Answer) -> None:
        self.send_response(HTTPStatus(answer.status))
        for name, value in {**HEADERS, **(answer.headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
