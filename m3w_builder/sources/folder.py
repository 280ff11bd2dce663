"""Pages out of a folder of HTML files that stand for the pages under a base URL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from m3w_builder import storage
from m3w_builder.document import Source
from m3w_builder.errors import ConfigError
from m3w_builder.fetch import sniff
from m3w_builder.sources import files
from m3w_builder.sources.config import FolderSource, Page, Part, ReadLimits, Refused
from m3w_builder.stage import Drop

SUFFIXES = (".html", ".htm", ".xhtml")


def plan(source: FolderSource, place: str = "source.folder") -> Iterator[Part]:
    """Partitions of `part_files` files each, by sorted path."""
    fs, root = storage.url_to_fs(source.path)
    if not fs.isdir(root):
        raise ConfigError(f"{place}.path: there is no folder '{source.path}'")
    found = fs.glob(f"{root.rstrip('/')}/{source.glob}", detail=True)
    named = source.glob.rsplit("/", 1)[-1] not in ("**", "*")
    names = [
        (name[len(root.rstrip("/")) + 1 :], info)
        for name, info in sorted(found.items())
        if info["type"] == "file" and (named or name.lower().endswith(SUFFIXES))
    ]
    if not names:
        raise ConfigError(f"{place}: no HTML file matches '{source.glob}' in '{source.path}'")
    for start in range(0, len(names), source.part_files):
        chunk = names[start : start + source.part_files]
        rows = "".join(
            f"{name}\t{info.get('size')}\t{info.get('mtime') or info.get('ETag', '')}\n" for name, info in chunk
        )
        entry = {
            "kind": "folder",
            "path": source.path,
            "base_url": source.base_url,
            "files": [name for name, _ in chunk],
        }
        label = f"files {start + 1} to {start + len(chunk)}"
        yield Part(entry, hashlib.sha256(f"{source.base_url}\n{rows}".encode()).hexdigest()[:32], label)


def read(entry: Mapping[str, Any], limits: ReadLimits) -> Iterator[Page | Refused]:
    """The pages of one partition's files."""
    for name in entry["files"]:
        file = storage.join(entry["path"], name)
        url = entry["base_url"].rstrip("/") + "/" + quote(name)
        with files.open_binary(file) as stream:
            html = stream.read(limits.max_page_bytes + 1)
        source = Source(file, 0, "sha1:" + hashlib.sha1(html).hexdigest())
        if len(html) > limits.max_page_bytes:
            yield Refused(url, source, Drop("too_large", "page", len(html), limits.max_page_bytes))
        elif not html.strip():
            yield Refused(url, source, Drop("empty"))
        elif b"\0" in html[:1024] and not html.startswith((b"\xff\xfe", b"\xfe\xff")) and not sniff.html(html):
            yield Refused(url, source, Drop("wrong_type", "binary content"))
        else:
            yield Page(url, html, source, {}, "")
