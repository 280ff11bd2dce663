"""rights: what a picture's own bytes declare, read before they are stripped."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from m3w_builder.pictures import native
from m3w_builder.pictures.rights import REASONS, boxes, declared, judge

ALL = tuple(REASONS)
PLUS = "http://ns.useplus.org/ldf/vocab/"


def xmp(inner: str = "", attributes: str = "") -> bytes:
    """An XMP packet as editors write it."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">'
        f'<rdf:Description rdf:about="" {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these segments behind its first marker."""
    stream = io.BytesIO()
    Image.new("RGB", (80, 60), (9, 99, 199)).save(stream, "JPEG")
    body = stream.getvalue()
    more = b"".join(b"\xff" + bytes([kind]) + struct.pack(">H", len(data) + 2) + data for kind, data in segments)
    return body[:2] + more + body[2:]


def with_xmp(packet: bytes, name: str) -> bytes:
    stream = io.BytesIO()
    image = Image.new("RGB", (80, 60), (9, 99, 199))
    if name == "jpeg":
        return jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))
    if name == "png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        image.save(stream, "PNG", pnginfo=info)
    else:
        image.save(stream, name.upper(), xmp=packet)
    return stream.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def superbox(uuid: bytes, label: bytes, *parts: bytes) -> bytes:
    whole = uuid + b"\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
    return box(b"jumb", box(b"jumd", whole, b"\x03", label, b"\0"), *parts)


def manifest(use: bytes, padding: int = 0) -> bytes:
    """A C2PA manifest store, unsigned, with a training-mining assertion in CBOR."""
    said = b"\xa1gentries\xa1scawg.ai_inference_x\xa1cuse" + bytes([0x60 + len(use)]) + use
    assertion = superbox(b"cbor", b"cawg.training-mining", box(b"cbor", said))
    thumbnail = superbox(b"\x40\xcb\x0c\x32", b"c2pa.thumbnail.claim.jpeg", box(b"bidb", bytes(padding)))
    claim = superbox(b"c2cl", b"c2pa.claim", box(b"cbor", b"self#jumbf=c2pa.assertions/cawg.training-mining"))
    store = superbox(b"c2as", b"c2pa.assertions", thumbnail, assertion)
    return superbox(b"c2pa", b"c2pa", superbox(b"c2ma", b"urn:uuid:1", store, claim))


def in_jpeg(boxed: bytes) -> bytes:
    """The manifest in as many APP11 segments as it takes, each with the box's head again."""
    step = 65_000
    parts = [boxed[8 + n : 8 + n + step] for n in range(0, len(boxed) - 8, step)]
    return jpeg(*((0xEB, b"JP\x00\x01" + struct.pack(">I", n + 1) + boxed[:8] + part) for n, part in enumerate(parts)))


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (xmp(attributes=f'plus:DataMining="{PLUS}DMI-PROHIBITED"'), "xmp_data_mining"),
        (xmp(f"<plus:DataMining>{PLUS}DMI-PROHIBITED-AIMLTRAINING</plus:DataMining>"), "xmp_data_mining"),
        (xmp(f'<plus:DataMining rdf:resource="{PLUS}DMI-PROHIBITED-SEECONSTRAINT"/>'), "xmp_data_mining"),
        (xmp(f"<plus:DataMining>{PLUS}DMI-ALLOWED</plus:DataMining>"), ""),
        (xmp(f"<plus:DataMining>{PLUS}DMI-UNSPECIFIED</plus:DataMining>"), ""),
        (xmp(attributes='tdm:reservation="1"'), "xmp_tdm"),
        (xmp("<tdm:reservation>0</tdm:reservation>"), ""),
        (xmp(), ""),
    ],
)
def test_what_xmp_reserves(packet: bytes, reason: str, name: str) -> None:
    body = with_xmp(packet, name)
    drop = judge(declared(body), ALL)
    assert (drop.reason if drop else "") == reason
    assert judge(declared(body), ()) is None


@pytest.mark.parametrize(
    ("packet", "licence"),
    [
        (xmp('<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>'), "by/4.0/"),
        (xmp(attributes='xmpRights:WebStatement="https://a.example/licenses/x?a=1&amp;b=2"'), "x?a=1&b=2"),
        (xmp("<xmpRights:WebStatement>https://a.example/licenses/y</xmpRights:WebStatement>"), "y"),
        (xmp(), ""),
    ],
)
def test_the_licence_that_xmp_names(packet: bytes, licence: str) -> None:
    assert declared(with_xmp(packet, "jpeg")).licence.rpartition("licenses/")[2] == licence


def test_that_a_picture_was_generated_is_recorded() -> None:
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    body = with_xmp(xmp(f"<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>"), "webp")
    assert declared(body).signals == ["xmp:trainedAlgorithmicMedia"]


@pytest.mark.parametrize("padding", [0, 64_900, 150_000])
@pytest.mark.parametrize(
    ("use", "reason"), [(b"notAllowed", "c2pa_training"), (b"constrained", "c2pa_training"), (b"allowed", "")]
)
def test_a_c2pa_manifest_is_told_and_its_reservation_obeyed(use: bytes, reason: str, padding: int) -> None:
    boxed = manifest(use, padding)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(boxed)) + b"caBX" + boxed + struct.pack(">I", zlib.crc32(boxed))
    for body in (in_jpeg(boxed), png):
        found = declared(body)
        assert "c2pa" in found.signals
        drop = judge(found, ALL)
        assert (drop.reason if drop else "") == reason
    assert boxes(in_jpeg(boxed)) == boxed


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff\xeb", b"<x:xmpmeta", b"c2pa.training-mining\0"]))
def test_no_bytes_make_it_raise(body: bytes, start: bytes) -> None:
    declared(start + body)
    boxes(start + body)


@pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
@given(st.lists(st.sampled_from([b"<x:xmpmeta", b"c2pa" + bytes(12), b"<x", b"<", b"c", b"c2p", bytes(15), bytes(3)])))
def test_a_mark_is_found_wherever_it_stands(parts: list[bytes]) -> None:
    body = b"".join(parts)
    wanted = b"<x:xmpmeta" in body or b"c2pa" + bytes(12) in body
    assert native.loops().marked(body, b"<x:xmpmeta", b"c2pa" + bytes(12)) == wanted
