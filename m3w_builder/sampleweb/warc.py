"""Writes a sample web as WARC files, as if a crawler had asked for every address once."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from m3w_builder.sampleweb.server import Answer, Hosts

_DATE = "2024-01-01T00:00:00Z"
_WORDS = {200: "OK", 301: "Moved Permanently", 302: "Found", 404: "Not Found"}


def write_warc(folder: str | Path, out: str | Path, pictures: bool = True, files: int = 1) -> list[str]:
    """The web in `folder` as `files` gzipped WARC files in the folder `out`; their paths.

    Without `pictures` they hold pages, redirects and errors alone. What robots.txt refuses is left
    out, as a crawler leaves it. The same web gives the same bytes.
    """
    from warcio.warcwriter import WARCWriter

    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    hosts = Hosts.load(folder)
    paths = [out / f"sample-{number:05}.warc.gz" for number in range(files)]
    streams = [path.open("wb") for path in paths]
    writers = [WARCWriter(stream, gzip=True) for stream in streams]
    for number, (url, answer) in enumerate(_answers(hosts, pictures)):
        _record(writers[number % files], url, answer)
    for stream in streams:
        stream.close()
    return [str(path) for path in paths]


def _answers(hosts: Hosts, pictures: bool) -> Iterator[tuple[str, Answer]]:
    """Every address with its answer, by host and path."""
    for host in sorted(hosts.hosts):
        home = hosts.folder / host
        found = {"/" + path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
        listed = {path.removesuffix("index.html") if path.endswith("/index.html") else path for path in found}
        for path in sorted(listed | set(hosts.special.get(host, {}))):
            if path.startswith("/private/") or "/closed/" in path:
                continue
            answer = hosts.answer(host, path)
            page = answer.headers["Content-Type"].startswith("text/html")
            if answer.status >= 500 or (not page and not pictures):
                continue
            if pictures or not _is_picture(path):
                yield f"http://{host}{path}", answer


def _is_picture(path: str) -> bool:
    return unquote(urlsplit(path).path).endswith((".jpg", ".png", ".gif", ".webp", ".avif", ".svg"))


def _record(writer: object, url: str, answer: Answer) -> None:
    from warcio.statusandheaders import StatusAndHeaders

    headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
    status = f"{answer.status} {_WORDS.get(answer.status, 'Answer')}"
    record = writer.create_warc_record(  # type: ignore[attr-defined]
        url,
        "response",
        payload=io.BytesIO(answer.body),
        http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": _DATE, "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>"},
    )
    writer.write_record(record)  # type: ignore[attr-defined]
