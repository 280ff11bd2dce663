"""Block and allow lists: hosts, hosts by suffix, and URL prefixes, found at once however long the list is."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.urls import host


class Places:
    """A list of "a.example", "*.a.example" (its subdomains), "http://a.example/private/" (URLs that begin so)."""

    def __init__(self, entries: Iterable[str]):
        self.hosts: set[str] = set()
        self.suffixes: set[str] = set()
        self.prefixes: dict[str, list[str]] = {}  # by host; "" for prefixes that end within the host's name
        for entry in entries:
            if "/" in entry:
                whole = entry.count("/") >= 3
                self.prefixes.setdefault(host(entry) if whole else "", []).append(entry)
            elif entry.startswith("*."):
                self.suffixes.add(entry[2:].lower())
            else:
                self.hosts.add(entry.lower())

    def __bool__(self) -> bool:
        return bool(self.hosts or self.suffixes or self.prefixes)

    def has(self, name: str, url: str) -> bool:
        """Whether the URL, whose host is `name`, is on the list."""
        if name in self.hosts:
            return True
        if self.suffixes:
            rest = name.partition(".")[2]
            while rest:
                if rest in self.suffixes:
                    return True
                rest = rest.partition(".")[2]
        if not self.prefixes:
            return False
        return any(url.startswith(prefix) for key in (name, "") for prefix in self.prefixes.get(key, ()))


def entries(listed: Iterable[str], place: str) -> list[str]:
    """A list's entries, what list files (*.txt, *.txt.gz) name in their places; ConfigError where one can't be read.

    Read with the config, so that a changed file is a changed config. A URL prefix may not end so.
    """
    found: list[str] = []
    for entry in listed:
        if not entry.endswith((".txt", ".txt.gz")) or entry.startswith(("http://", "https://")):
            found.append(entry)
            continue
        try:
            data = storage.read_bytes(entry)
            text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise ConfigError(f"{place}: cannot read the list '{entry}': {error}") from None
        lines = (line.strip() for line in text.splitlines())
        found += [line for line in lines if line and not line.startswith("#")]
    return found


def judge(name: str, url: str, block: Places, allow: Places) -> str:
    """The reason, "blocked" or "not_allowed", for which the lists refuse a URL; "" where they let it pass."""
    if block and block.has(name, url):
        return "blocked"
    return "not_allowed" if allow and not allow.has(name, url) else ""
