"""The crawl's archive while it grows: each outcome a record, and a payload that it holds already a revisit of that."""

from __future__ import annotations

import xxhash

from m3w_builder.fetch import FetchConfig, picture
from m3w_builder.fetch.response import Response
from m3w_builder.sources import writer
from m3w_builder.sources.config import CrawlSource
from m3w_builder.sources.frontier import Task
from m3w_builder.sources.memory import Memory
from m3w_builder.stage import Drop
from m3w_builder.urls import host

ACCEPT = {
    "page": "text/html,application/xhtml+xml,*/*;q=0.5",
    "picture": picture.ACCEPT,
    "list": "application/xml,text/xml,*/*;q=0.5",
    "robots": "text/plain,*/*;q=0.5",
}


class Archive:
    """The series of files; a host's records all stand in one of them."""

    def __init__(self, config: CrawlSource, fetch: FetchConfig, memory: Memory):
        self.fetch = fetch
        self.memory = memory
        info = writer.warcinfo(fetch.identification, fetch.contact, fetch.robots)
        self.series = [
            writer.Series(memory.folder, f"crawl-{number:03d}", config.rotate_mb << 20, info)
            for number in range(config.series)
        ]

    def failed(self, task: Task, drop: Drop, rights: list[str]) -> str:
        """Write the record of a URL that could not be had; what to count it as."""
        self._write(task.url, writer.failure(task.url, drop.reason, drop.detail, self._fields(task, rights)))
        return "failed"

    def answered(self, task: Task, kind: str, answer: Response, rights: list[str]) -> str:
        """Write the records of an answer, which turned out to be of this kind; what to count it as."""
        fields = {**self._fields(task, rights), "M3W-Kind": kind}
        digest = writer.digest(answer.body)
        earlier, same = self._unchanged(task, answer, digest)
        if not earlier and answer.status == 200:
            twin = self.memory.same(digest, answer.headers, len(answer.body))
            same = twin.revisit("identical-payload-digest", other=True) if twin else None
        asked, got = writer.exchange(answer, self.fetch.identification, ACCEPT[task.kind], fields, digest, same)
        name, offset = self._write(task.url, asked, got)
        if same is None and answer.status == 200:
            self.memory.hold(digest, name, offset)
        if earlier:
            return "unchanged"
        return ("duplicate " if same else "") + (kind if answer.status < 300 else "other")

    def robots(self, answer: Response) -> None:
        """Write the records of an answer to robots.txt, or to a file of reserved rights."""
        digest = writer.digest(answer.body)
        fields = {"M3W-Kind": "robots", "M3W-Round": self._round}
        self._write(answer.url, *writer.exchange(answer, self.fetch.identification, ACCEPT["robots"], fields, digest))

    def close(self) -> None:
        for each in self.series:
            each.close()

    def _unchanged(self, task: Task, answer: Response, digest: str) -> tuple[str, dict[str, str] | None]:
        """The profile and headers of a revisit record where an earlier round's answer to the URL still holds."""
        before = self.memory.unchanged(task.key) if answer.status in (200, 304) else None
        if before is None or (answer.status == 200 and digest != before.digest):
            return "", None
        profile = "server-not-modified" if answer.status == 304 else "identical-payload-digest"
        return profile, before.revisit(profile, other=False)

    def _fields(self, task: Task, rights: list[str]) -> dict[str, str]:
        return {
            "M3W-Kind": task.kind,
            "M3W-Depth": str(task.depth),
            "M3W-Hops": str(task.hops) if task.hops else "",
            "M3W-Rights": ", ".join(rights),
            "M3W-Round": self._round,
        }

    @property
    def _round(self) -> str:
        return str(self.memory.round) if self.memory.round > 1 else ""

    def _write(self, url: str, *records: bytes) -> tuple[str, int]:
        """Append records; file name and offset of the last."""
        series = self.series[xxhash.xxh3_64_intdigest(host(url).encode()) % len(self.series)]
        name, offset = series.write(b"".join(records))
        return name, offset + sum(map(len, records[:-1]))
