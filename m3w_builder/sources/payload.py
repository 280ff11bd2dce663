"""What an archived answer holds: HTTP head, chunking and encodings undone, then a page, a picture or a refusal."""

from __future__ import annotations

import base64
import hashlib
import re

from m3w_builder import rights
from m3w_builder.classes import dataclass
from m3w_builder.document import Source
from m3w_builder.fetch import encodings, sniff
from m3w_builder.sources.config import Archived, Page, ReadLimits, Refused
from m3w_builder.sources.framing import MAX_HEAD, Record, header_lines
from m3w_builder.stage import Drop

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
OPEN_TYPES = frozenset({"", "text/plain", "application/octet-stream", "application/xml", "text/xml", "unk", "no-type"})
"""Declared types that say nothing: the bytes decide."""

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


@dataclass(slots=True)
class Answer:
    """An archived HTTP answer; `body` as it was archived."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def declared(self) -> str:
        """The content type without parameters, lower-case."""
        return self.headers.get("content-type", "").partition(";")[0].split(",")[0].strip().lower()

    @property
    def charset(self) -> str:
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else ""


def answer_of(record: Record) -> Answer | Drop:
    """The HTTP answer in a response record; what a resource record holds counts as one with status 200."""
    if record.kind == "resource":
        return Answer(200, {"content-type": record.headers.get("content-type", "")}, record.block)
    status = _STATUS.match(record.block[:64])
    if status is None:
        return Drop("broken_record", "no HTTP status line")
    end = _HEAD_END.search(record.block, 0, MAX_HEAD)
    if end is None:
        if len(record.block) >= MAX_HEAD:
            return Drop("broken_record", "the HTTP header does not end")
        return Answer(int(status[1]), header_lines(record.block), b"")
    return Answer(int(status[1]), header_lines(record.block[: end.start()]), record.block[end.end() :])


def content(answer: Answer, limit: int) -> bytes | Drop:
    """The body with chunking and content encodings undone, whichever of them the archive's writer left in."""
    body = answer.body
    if "chunked" in answer.headers.get("transfer-encoding", "").lower():
        body = unchunk(body)
    encoding = answer.headers.get("content-encoding", "")
    return encodings.decode(body, encoding, limit) if encoding else body


def unchunk(body: bytes) -> bytes:
    """The body without chunk framing; as it is where it bears none (most writers undo it and keep the header)."""
    out, at = [], 0
    while match := _CHUNK_SIZE.match(body, at):
        size = int(match[1], 16)
        out.append(body[match.end() : match.end() + size])
        at = match.end() + size
        if size == 0 or at >= len(body):
            break
        at += 2 if body[at : at + 2] == b"\r\n" else 1 if body[at : at + 1] == b"\n" else 0
    else:
        if not out:
            return body
    return b"".join(out)


def digest_of(record: Record, body: bytes) -> str:
    """The payload digest that the record declares, else the SHA-1 of the body in the archives' own writing."""
    declared = record.headers.get("warc-payload-digest", "")
    return declared or "sha1:" + base64.b32encode(hashlib.sha1(body).digest()).decode()


def judge(record: Record, file: str, limits: ReadLimits) -> Page | Archived | Refused:
    """What one response or resource record gives."""
    source = Source(
        file, record.offset, record.headers.get("warc-payload-digest", ""), record.headers.get("warc-date", "")
    )
    url = record.url

    def refuse(drop: Drop) -> Refused:
        return Refused(url or f"{file}#{record.offset}", source, drop)

    if not url.startswith(("http://", "https://")):
        return refuse(Drop("not_http", url[:80]))
    answer = answer_of(record)
    if isinstance(answer, Drop):
        return refuse(answer)
    if not 200 <= answer.status < 300 or answer.status == 206:
        reason = "redirect" if 300 <= answer.status < 400 and answer.status != 304 else "http_status"
        return refuse(Drop(reason, str(answer.status), answer.status))
    if not record.whole:
        if answer.declared.startswith("image/") and record.offset >= 0:
            return Archived(url, file, record.offset)
        reason = "too_large" if answer.declared in PAGE_TYPES | OPEN_TYPES else "not_html"
        return refuse(Drop(reason, answer.declared[:80], record.length, limits.max_record_bytes))
    if answer.declared not in PAGE_TYPES | OPEN_TYPES and not answer.declared.startswith("image/"):
        return refuse(Drop("not_html", answer.declared[:80]))
    body = content(answer, limits.max_record_bytes)
    if isinstance(body, Drop):
        return refuse(body)
    if not body:
        return refuse(Drop("empty"))
    kind = kind_of(answer.declared, body)
    if isinstance(kind, Drop):
        return refuse(kind)
    if kind == "picture":
        if record.offset < 0:
            return refuse(Drop("broken_record", "a picture behind another record of its gzip member"))
        return Archived(url, file, record.offset)
    fault = _page_fault(record, answer, body, limits)
    if fault:
        return refuse(fault)
    source.digest = digest_of(record, body)
    if "m3w-rights" in record.headers:  # what robots.txt says to others, as our crawler recorded it
        answer.headers["m3w-rights"] = record.headers["m3w-rights"]
    return Page(url, body, source, answer.headers, answer.charset)


def kind_of(declared: str, body: bytes) -> str | Drop:
    """ "page" or "picture" by declared type and bytes, else the reason why it is neither."""
    picture = sniff.picture(body)
    if picture and picture != "svg":
        return "picture"
    markup = sniff.html(body)
    if declared.startswith("image/"):
        return Drop("wrong_type", f"a page declared {declared}"[:80]) if markup else "picture"
    if declared in PAGE_TYPES:
        # A zero byte in the first thousand is no text, unless it is UTF-16.
        binary = b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff")) and not markup
        return Drop("wrong_type", f"binary content declared {declared}"[:80]) if binary else "page"
    if markup:
        return "page"
    return "picture" if picture else Drop("not_html", declared[:80] or "no content type")


def _page_fault(record: Record, answer: Answer, body: bytes, limits: ReadLimits) -> Drop | None:
    """Why a page that is there is not handed on."""
    if len(body) > limits.max_page_bytes:
        return Drop("too_large", "page", len(body), limits.max_page_bytes)
    if reserved := rights.refused(answer.headers, limits.agent, limits.opt_out):
        return reserved
    if limits.keep_truncated:
        return None
    if cut := record.headers.get("warc-truncated", ""):
        return Drop("truncated", f"WARC-Truncated: {cut}"[:80], len(body))
    length = answer.headers.get("content-length", "")
    encoded = "content-encoding" in answer.headers or "transfer-encoding" in answer.headers
    if record.kind == "response" and length.isdigit() and not encoded and len(body) < int(length):
        return Drop("truncated", "shorter than its Content-Length", len(body), int(length))
    return None
