"""Rights that a picture's own bytes declare: XMP (IPTC and PLUS data mining, TDM, licence) and C2PA manifests.

Read before metadata are stripped, and without a decoder: XMP packets are made to be found by a scan for their marks,
and a C2PA manifest is told by the UUID of its box. Signatures are not verified: a reservation needs no proof.
"""

from __future__ import annotations

import html
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field

from m3w_builder.classes import dataclass
from m3w_builder.pictures import native
from m3w_builder.rights import OPT_OUTS
from m3w_builder.stage import Drop

REASONS: Mapping[str, str] = {
    **{name: OPT_OUTS[name] for name in ("xmp_data_mining", "xmp_tdm", "c2pa_training")},
}
"""Why `judge` drops a picture."""

MAX_PACKET = 1 << 20
"""Bytes of an XMP packet that are read."""

_MINING = re.compile(r"\bDataMining\b.{0,300}?\b(DMI-[A-Z-]+)", re.DOTALL)
_TDM = re.compile(r"\btdm:reservation\s*(?:=\s*[\"']|>)\s*1\b")
_GENERATED = re.compile(r"\bDigitalSourceType\b.{0,300}?digitalsourcetype/(\w+)", re.DOTALL)
_LICENCE = re.compile(
    r"\b(?:cc:license|xmpRights:WebStatement)\b"
    r"(?:\s*=\s*[\"'](?P<a>[^\"'<>]{1,500})|[^<>]{0,99}?rdf:resource\s*=\s*[\"'](?P<b>[^\"'<>]{1,500})"
    r"|[^<>]{0,99}>\s*(?P<c>[^<>\s]{1,500}))"
)
_XMP = b"<x:xmpmeta"
"""How an XMP packet begins."""
_C2PA = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""The UUID of a C2PA manifest store's description box (C2PA 2.1, 11.1.4.2)."""

_ASSERTION = re.compile(
    rb"(?:c2pa|cawg)\.training-mining(?:\.v\d+)?(?:__\d+)?\x00(?:.{4}c2sh.{16,64}?)?(.{4})(?:cbor|json)", re.DOTALL
)
_RESERVED = re.compile(rb"notAllowed|constrained")


@dataclass(slots=True)
class Declared:
    """What a picture's bytes say: signals as "xmp:DMI-PROHIBITED", "c2pa"; the URL of its licence, "" without one."""

    signals: list[str] = field(default_factory=list)
    licence: str = ""


def declared(body: bytes) -> Declared:
    """The rights that a picture's bytes declare, of any format; never raises."""
    found = Declared()
    loops = native.loops()
    if loops is not None and not loops.marked(body, _XMP, _C2PA):  # most say nothing, and are looked through once
        return found
    for text in packets(body):
        found.signals += [f"xmp:{value}" for value in _MINING.findall(text)[:4]]
        found.signals += ["xmp:tdm-reservation"] if _TDM.search(text) else []
        found.signals += [f"xmp:{value}" for value in _GENERATED.findall(text)[:4]]
        if not found.licence and (match := _LICENCE.search(text)):
            found.licence = html.unescape(match["a"] or match["b"] or match["c"]).strip()
    if _C2PA in body:
        found.signals.append("c2pa")
        if _reserves(boxes(body)):
            found.signals.append("c2pa:training-mining")
    found.signals = sorted(set(found.signals))
    return found


def packets(body: bytes) -> Iterator[str]:
    """The XMP packets in a picture's bytes, at most four."""
    at = 0
    for _ in range(4):
        start = body.find(_XMP, at)
        if start < 0:
            return
        end = body.find(b"</x:xmpmeta", start, start + MAX_PACKET)
        at = end if end > 0 else start + MAX_PACKET
        yield body[start:at].decode("utf-8", "replace")


def boxes(body: bytes) -> bytes:
    """The bytes in which a manifest's boxes stand whole: JPEG cuts them into segments, whose heads are taken out."""
    if body[:3] != b"\xff\xd8\xff":
        return body
    parts: list[bytes] = []
    at = 2
    while at + 4 <= len(body) and body[at] == 0xFF and body[at + 1] not in (0xDA, 0xD9):
        (length,) = struct.unpack(">H", body[at + 2 : at + 4])
        segment = body[at + 4 : at + 2 + length]
        if body[at + 1] == 0xEB and segment[:2] == b"JP":
            parts.append(segment[16:] if parts else segment[8:])  # each repeats the box's own head
        at += 2 + length
    return b"".join(parts)


def _reserves(manifest: bytes) -> bool:
    """Whether an assertion on training and mining says "notAllowed" or "constrained" of any use."""
    for match in _ASSERTION.finditer(manifest):
        (length,) = struct.unpack(">I", match[1])
        content = manifest[match.end() : match.start(1) + min(length, 1 << 16)]
        if _RESERVED.search(content):
            return True
    return False


def judge(found: Declared, opt_out: Collection[str]) -> Drop | None:
    """A Drop where the bytes declare an opt-out that is obeyed."""
    for signal in found.signals:
        reason = _reason(signal)
        if reason and reason in opt_out:
            return Drop(reason, signal)
    return None


def _reason(signal: str) -> str:
    if signal.startswith("xmp:DMI-PROHIBITED"):
        return "xmp_data_mining"
    return {"xmp:tdm-reservation": "xmp_tdm", "c2pa:training-mining": "c2pa_training"}.get(signal, "")
