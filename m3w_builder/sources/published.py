"""Published corpora as a source: OBELICS Parquet, MMC4 JSON lines, img2dataset tars, each row a document.

What they say of a document is taken as it is; its pictures are fetched by their URLs like any page's, or, of
img2dataset, read from its tars. So they go through our filters, deduplication, report and validation.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

from m3w_builder.document import Document, Image, Item, Source, Text, checked, make_key
from m3w_builder.fetch import Fetched
from m3w_builder.fetch.picture import not_a_picture
from m3w_builder.sources import files
from m3w_builder.sources.config import Archived, CorpusSource, Part, ReadLimits, Ready, Refused
from m3w_builder.stage import Drop
from m3w_builder.urls import host

KIND = "corpus"
TAR = ".tar"

_BROKEN_FILE = (ValueError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
"""What readers raise about a file's content; pyarrow's errors are ValueErrors."""


class _NotFetched(ValueError):
    """The corpus itself says that it does not have the picture."""


_BROKEN_ROW = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)


def plan(source: CorpusSource, place: str = "source.corpus") -> Iterator[Part]:
    """Partitions: each file, in `parts` shares of its rows (a tar is always whole)."""
    for path in files.expand(source.paths, "", source.options, f"{place}.paths"):
        _, fingerprint = files.describe(path, source.options, f"{place}.paths")
        parts = 1 if path.endswith(TAR) else source.parts
        for part in range(parts):
            entry = {
                "kind": KIND, "format": source.format, "path": path, "part": part, "parts": parts,
                "options": source.options,
            }  # fmt: skip
            mark = hashlib.sha256(f"{source.format}\n{fingerprint}\n{part} of {parts}".encode()).hexdigest()[:32]
            label = path.rsplit("/", 1)[-1] + (f", part {part + 1} of {parts}" if parts > 1 else "")
            yield Part(entry, mark, label)


def read(entry: Mapping[str, Any], limits: ReadLimits) -> Iterator[Ready | Archived | Refused]:
    """The documents of one partition, and the pictures that its tar holds."""
    file = str(entry["path"])
    rows = _READERS[entry["format"]]
    try:
        with files.open_binary(file, entry["options"]) as stream:
            yield from rows(stream, file, entry["part"], entry["parts"])
    except _BROKEN_FILE as error:
        yield Refused(file, Source(file), Drop("truncated", f"{type(error).__name__}: {error}"[:300]))


def read_picture(file: str, offset: int, max_bytes: int, options: Mapping[str, Any] | None = None) -> Fetched | Drop:
    """A picture in a tar by the offset of its header, as `Archived` gives it."""
    with files.open_binary(file, options) as stream:
        stream.seek(offset)
        info = tarfile.TarInfo.frombuf(stream.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
        if info.size > max_bytes:
            return Drop("too_large", "member of a tar", info.size, max_bytes)
        body = stream.read(info.size)
    if not body:
        return Drop("empty", "member of a tar")
    place = f"{file}#{offset}"
    return not_a_picture("", body) or Fetched(place, place, 200, {}, body, "")


def _obelics(stream: IO[bytes], file: str, part: int, parts: int) -> Iterator[Ready | Refused]:
    """Rows of HuggingFaceM4/OBELICS: slots of `images` and `texts`, one of them null in each."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(stream)
    groups = table.num_row_groups
    columns = ["images", "texts", "metadata", "general_metadata"]
    for group in range(groups * part // parts, groups * (part + 1) // parts):
        for number, row in enumerate(table.read_row_group(group, columns=columns).to_pylist()):
            yield _guarded(_obelics_row, row, file, f"{file}#{group}/{number}")


def _obelics_row(row: Mapping[str, Any], file: str) -> Document:
    general, metadata = json.loads(row["general_metadata"]), json.loads(row["metadata"])
    items: list[Item] = []
    for url, text, about in zip(row["images"], row["texts"], metadata, strict=True):
        if url:
            about = about or {}
            items.append(
                Image(
                    url,
                    alt=about.get("alt_text") or "",
                    declared_width=int(about.get("rendered_width") or 0),
                    declared_height=int(about.get("rendered_height") or 0),
                )
            )
        elif text:
            items += [Text(block) for block in text.split("\n\n") if block.strip()]
    source = Source(general.get("warc_filename") or file, int(general.get("warc_record_offset") or -1))
    return Document(general["url"], items, source=source)


def _mmc4(stream: IO[bytes], file: str, part: int, parts: int) -> Iterator[Ready | Refused]:
    """Lines of MMC4, plain, gzipped or zipped as they are published: a picture stands before its sentence."""
    for number, line in enumerate(_lines(stream, file)):
        if line.strip() and number % parts == part:
            yield _guarded(_mmc4_row, line, file, f"{file}#{number}")


def _lines(stream: IO[bytes], file: str) -> Iterator[bytes]:
    if file.endswith(".gz"):
        with gzip.open(stream) as member:
            yield from member
    elif file.endswith(".zip"):
        with zipfile.ZipFile(stream) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from member
    else:
        yield from stream


def _mmc4_row(line: bytes, file: str) -> Document:
    row = json.loads(line)
    before: dict[int, list[Image]] = {}
    for about in row["image_info"]:
        image = Image(about["raw_url"], scores={"similarity": float(about["matched_sim"])})
        before.setdefault(int(about["matched_text_index"]), []).append(image)
    texts = row["text_list"]
    if before and not 0 <= max(before) < max(1, len(texts)):
        raise ValueError(f"a picture is matched with sentence {max(before)} of {len(texts)}")
    items: list[Item] = []
    sentences: list[str] = []
    for number, text in enumerate(texts or [""]):
        if number in before:
            items += [Text(" ".join(sentences))] if sentences else []
            items += before[number]
            sentences = []
        sentences += [text] if text.strip() else []
    items += [Text(" ".join(sentences))] if sentences else []
    return Document(row["url"], items, source=Source(file))


def _img2dataset(stream: IO[bytes], file: str, part: int, parts: int) -> Iterator[Ready | Archived | Refused]:
    """Samples of a webdataset tar: a picture, its caption, and JSON that has its URL."""
    key, held = "", dict[str, Any]()
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        for info in tar:
            name, _, suffix = info.name.rsplit("/", 1)[-1].partition(".")
            if name != key:
                yield from _pair(held, file, key)
                key, held = name, {}
            if suffix in ("txt", "json"):
                body = tar.extractfile(info)
                held[suffix] = body.read() if body else b""
            elif info.isfile():
                held["offset"] = info.offset
            tar.members.clear()  # type: ignore[attr-defined]  # it keeps every member's header otherwise
        yield from _pair(held, file, key)


def _pair(held: Mapping[str, Any], file: str, key: str) -> Iterator[Ready | Archived | Refused]:
    if not held:
        return
    answer = _guarded(_pair_row, held, file, f"{file}#{key}")
    if isinstance(answer, Ready):
        image = answer.document.images[0]
        yield Archived(image.url, file, held["offset"])
    yield answer


def _pair_row(held: Mapping[str, Any], file: str) -> Document:
    about = json.loads(held["json"])
    if about.get("status", "success") != "success" or "offset" not in held:
        raise _NotFetched(str(about.get("error_message") or "no picture beside it"))
    caption = held["txt"].decode() if "txt" in held else about.get("caption") or ""
    url = about["url"]
    items: list[Item] = [Image(url, alt=caption.strip())]
    return Document(url, [*items, Text(caption.strip())] if caption.strip() else items, source=Source(file))


def _guarded(make: Any, row: Any, file: str, place: str) -> Ready | Refused:
    """The document of a row, its key of all that the row holds; a row that is none is refused."""
    try:
        document = checked(make(row, file))
        if not document.url.startswith(("http://", "https://")):
            return Refused(document.url or place, document.source, Drop("not_http", document.url[:80]))
    except _NotFetched as error:
        return Refused(place, Source(file), Drop("not_fetched", str(error)[:300]))
    except _BROKEN_ROW as error:
        return Refused(place, Source(file), Drop("broken_row", f"{type(error).__name__}: {error}"[:300]))
    if not document.items:
        return Refused(document.url, document.source, Drop("empty"))
    text = row if isinstance(row, bytes) else json.dumps(row, sort_keys=True, default=repr).encode()
    document.source.digest = "sha1:" + hashlib.sha1(text).hexdigest()
    document.host = host(document.url)
    document.key = make_key(document.url, document.source)
    return Ready(document)


_READERS = {"obelics": _obelics, "mmc4": _mmc4, "img2dataset": _img2dataset}
