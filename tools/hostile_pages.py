"""Pages and pictures made to break a reader: every kind by a function of a seed, the same bytes for the same seed."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import random
import struct
import zlib
from collections.abc import Callable

import brotli
import numpy as np
import zstandard
from PIL import Image

BASE = (
    "<html><head><title>{0}</title></head><body><article><h1>{0}</h1>"
    "<p>The ferry of {0} leaves at seven and comes back when the last passenger has found the quay again.</p>"
    "{1}<p>Nobody who lives there would call it punctual, and nobody there owns a watch, so it is always on time.</p>"
    "</article></body></html>"
)

Page = tuple[bytes, dict[str, str]]
"""A body, and the headers with which it was sent."""

HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(text: str | bytes, **headers: str) -> Page:
    body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return body, {**HTML, **{name.replace("_", "-"): value for name, value in headers.items()}}


def around(middle: str, seed: int) -> Page:
    return page(BASE.format(f"Port {seed}", middle))


def mutated(body: bytes, rng: random.Random, share: float = 0.01) -> bytes:
    """The bytes with some changed, taken out or doubled."""
    out = bytearray(body)
    for _ in range(max(1, int(len(out) * share))):
        at = rng.randrange(len(out))
        match rng.randrange(3):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                del out[at : at + rng.randrange(1, 9)]
            case _:
                out[at:at] = out[at : at + rng.randrange(1, 33)]
        if not out:
            return b"\0"
    return bytes(out)


def _size(seed: int) -> int:
    return 1000 * 4 ** (seed % 5)  # 1,000 to 256,000 elements


def _deep(tag: str) -> Callable[[int], Page]:
    return lambda seed: around(f"<{tag}>" * _size(seed) + "bottom", seed)


def _bomb(kind: str, seed: int) -> Page:
    plain = (b"<p>" + bytes([65 + seed % 26]) * 1000) * (20_000 * (1 + seed % 3))
    match kind:
        case "gzip":
            body = gzip.compress(plain, 9, mtime=0)
        case "br":
            body = brotli.compress(plain, quality=5)
        case _:
            body = zstandard.compress(plain, 3)
    return body, {**HTML, "Content-Encoding": kind}


def _mutant(seed: int) -> Page:
    body = around('<img src="/good.jpg" alt="a"><table><tr><td>x</table><ul><li>y</ul><pre>z</pre>', seed)[0]
    return mutated(body, random.Random(seed), 0.03), dict(HTML)


def _noise(seed: int) -> Page:
    return page(random.Random(seed).randbytes(200_000))


def _lying(seed: int) -> Page:
    names = ("utf-16", "utf-7", "shift_jis", "iso-2022-jp", "hz", "x-unknown", "utf-8\0", "cp65001", "idna", "zlib")
    body = BASE.format("Köln 東京 Привет", "").encode(("utf-16", "utf-8", "cp1251", "shift_jis")[seed % 4], "replace")
    return page(body, Content_Type=f"text/html; charset={names[seed % len(names)]}")


def _polyglot(seed: int) -> Page:
    starts = (
        b"GIF89a/*",
        b"\xff\xd8\xff\xe0",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x10\0\0\0WEBP",
    )
    return page(starts[seed % len(starts)] + around("<script>*/=1</script>", seed)[0])


_TRICKS = (
    "../../../../etc/passwd", "..\\..\\boot.ini", "file:///etc/passwd", "/CON", "/a%00.jpg", "/" + "a" * 5000 + ".jpg",
    "//127.0.0.1:1/x.jpg", "http://0x7f000001/x.jpg", "http://[::1]/x.jpg", "javascript:alert(1)",
    "data:image/png;base64,",
    "http://user:password@hidden.example/x.jpg", "http:///x", "http://a b/", "\u202egpj.exe", "http://１２７.0.0.1/",
    "ftp://x/y.jpg", "/%2e%2e/%2e%2e/x.jpg", "http://xn--/", "http://" + "a." * 200 + "com/x", "/x.jpg\r\nHost: y",
)  # fmt: skip


def _tricks(seed: int) -> Page:
    return around("".join(f'<img src="{trick}" alt="{seed}">' for trick in _TRICKS), seed)


PAGES: dict[str, Callable[[int], Page]] = {
    **{f"deep_{tag}": _deep(tag) for tag in ("div", "table><tr><td", "ul><li", "blockquote", "b", "a href=x", "font")},
    "wide": lambda s: around("<p>x</p>" * _size(s), s),
    "wide_inline": lambda s: around("<span>x</span>" * _size(s), s),
    "attributes": lambda s: around(f"<p {' '.join(f'a{n}=b' for n in range(_size(s)))}>x</p>", s),
    "long_attribute": lambda s: around(f'<p class="{"x " * _size(s)}">y</p>', s),
    "entities": lambda s: around("&amp;&#x41;&notanentity;&#99999999;" * _size(s), s),
    "laughs": lambda s: page(
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{"&a;" * 10}">' for n in range(50))
        + f"]>{BASE.format('x', '&a49;')}"
    ),
    "comment": lambda s: around("<!--" * _size(s), s),
    "unclosed": lambda s: page(f"<html><body><p title='{'x' * _size(s)}"),
    "script": lambda s: around(f"<script>{'if(a<b){}</' * _size(s)}", s),
    "json_ld": lambda s: around(f'<script type="application/ld+json">{"[" * _size(s)}</script>', s),
    "links": lambda s: around('<a href="/x">y</a>' * _size(s), s),
    "images": lambda s: around('<img src="/missing.jpg">' * _size(s), s),
    "srcset": lambda s: around(f'<img srcset="{", ".join(f"/x{n}.jpg {n}w" for n in range(_size(s) // 4))}">', s),
    "data_url": lambda s: around(f'<img src="data:image/png;base64,{"iVBORw0KGgo" * _size(s)}">', s),
    "csv": lambda s: page("a,b,c,d\n" * (_size(s) * 4)),
    "table": lambda s: around(f"<table>{'<tr><td>1<td>2<td>3</tr>' * _size(s)}</table>", s),
    "spans": lambda s: around('<table><tr><td colspan="999999999" rowspan="65534">x</table>' * (s % 50 + 1), s),
    "one_word": lambda s: around("<p>" + "x" * (_size(s) * 8) + "</p>", s),
    "marks": lambda s: around("<p>" + "e" + "\u0301" * (_size(s) * 2) + "</p>", s),
    "joiners": lambda s: around("<p>" + "👩\u200d" * _size(s) + "</p>", s),
    "overrides": lambda s: around("<p>\u202eabc\u2066\u202d\u2069" + "\u202e" * _size(s) + "</p>", s),
    "controls": lambda s: around("<p>" + "".join(map(chr, range(1, 32))) * (s + 1) + "\0" * 100 + "</p>", s),
    "surrogates": lambda s: page(BASE.format("x", "&#xD800;&#xDFFF;\ud83d" * (s + 1))),
    "mails": lambda s: around("<p>" + "a@" * _size(s) + "b." * _size(s) + "</p>", s),
    "numbers": lambda s: around("<p>" + "1 2-3.4/" * _size(s) + "</p>", s),
    "spaces": lambda s: around("<p>" + " \u00a0\t" * _size(s) + "</p>", s),
    "title": lambda s: page(f"<title>{'t ' * _size(s)}</title>" + BASE.format("x", "")),
    "metas": lambda s: page('<meta property="og:image" content="/x.jpg">' * _size(s) + BASE.format("x", "")),
    "base": lambda s: page(f"<base href='{_TRICKS[s % len(_TRICKS)]}'>" + BASE.format("x", "<img src=y.jpg>")),
    "selects": lambda s: around("<select>" + "<option>x" * _size(s), s),
    "svg": lambda s: around("<svg>" + "<g>" * _size(s) + "<foreignObject><p>x", s),
    "math": lambda s: around("<math>" + "<mrow>" * _size(s) + "x", s),
    "templates": lambda s: around("<template>" * _size(s) + "x", s),
    "formatting": lambda s: around("<b><i><u><a>" * min(_size(s), 16_000) + "<p>x", s),
    "frames": lambda s: around(f'<iframe srcdoc="{"&lt;iframe&gt;" * _size(s)}"></iframe>' * 3, s),
    "names": lambda s: page("".join(f"<x{n}-{n}>y" for n in range(_size(s) // 2))),
    "repeated_lines": lambda s: around("<p>same line</p>\n" * _size(s), s),
    "tricks": _tricks,
    "noise": _noise,
    "mutant": _mutant,
    "lying_charset": _lying,
    "polyglot": _polyglot,
    "empty": lambda s: page(b""),
    "bomb_gzip": lambda s: _bomb("gzip", s),
    "bomb_br": lambda s: _bomb("br", s),
    "bomb_zstd": lambda s: _bomb("zstd", s),
    "not_gzip": lambda s: (b"\x1f\x8b" + random.Random(s).randbytes(999), {**HTML, "Content-Encoding": "gzip"}),
    "nested_gzip": lambda s: (
        gzip.compress(gzip.compress(BASE.encode(), mtime=0), mtime=0),
        {**HTML, "Content-Encoding": ", ".join(["gzip"] * (s + 2))},
    ),
}


def _picture(name: str, seed: int) -> bytes:
    """A good small picture in a format of Pillow's."""
    random_ = np.random.default_rng(seed)
    coarse = random_.integers(0, 255, (6, 6, 3)).astype(np.uint8)
    image = Image.fromarray(coarse).resize((160, 120), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    more = (
        {"save_all": True, "append_images": [image.rotate(90)]} if name in ("GIF", "PNG", "WEBP") and seed % 2 else {}
    )
    image.save(stream, name, **more)
    return stream.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *more: bytes, depth: int = 1, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(more) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _rows(width: int, height: int) -> bytes:
    return zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)


def _gif(width: int, height: int, frames: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame * frames + b"\x3b"


def _patched_jpeg(width: int, height: int) -> bytes:
    body = _picture("JPEG", 1)
    at = body.index(b"\xff\xc0")
    return body[: at + 5] + struct.pack(">HH", height, width) + body[at + 9 :]


BOMBS: dict[str, Callable[[], bytes]] = {
    "png_wide": lambda: png(100_000, 100_000, _rows(100_000, 200)),
    "png_below_the_limit": lambda: png(6300, 6300, _rows(6300, 6300)),
    "png_rgba": lambda: png(6300, 6300, zlib.compress(bytes(6300 * 4 + 1) * 6300, 9), depth=8, colour=6),
    "png_text": lambda: png(99, 99, _rows(99, 99), _chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(200_000_000), 9))),
    "png_profile": lambda: png(99, 99, _rows(99, 99), _chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(200_000_000), 9))),
    "png_chunks": lambda: png(99, 99, _rows(99, 99), *[_chunk(b"tEXt", b"a\0b")] * 100_000),
    "png_no_data": lambda: png(999, 999, b""),
    "png_zero": lambda: png(0, 0, b""),
    "jpeg_largest": lambda: _patched_jpeg(65_535, 65_535),
    "jpeg_below_the_limit": lambda: _patched_jpeg(6300, 6300),
    "jpeg_zero": lambda: _patched_jpeg(0, 0),
    "jpeg_segments": lambda: b"\xff\xd8" + b"\xff\xfe\x00\x02" * 500_000 + _picture("JPEG", 2)[2:],
    "gif_largest": lambda: _gif(65_535, 65_535, 1),
    "gif_frames": lambda: _gif(600, 600, 20_000),
    "webp_largest": lambda: b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f" + bytes(8),
    "tiff_loop": lambda: b"II*\0\x08\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0\x40\0\0\0\x08\0\0\0",
    "bmp_largest": lambda: (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 9, 0, 0, 54, 40, 2**31 - 1, -(2**31) + 1, 1, 24, *[0] * 6)
    ),
    "svg_laughs": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 300_000,
    "html_as_jpeg": lambda: BASE.encode(),
    "jpeg_and_zip": lambda: _picture("JPEG", 3) + b"PK\x03\x04" + bytes(1000),
    "gif_and_script": lambda: b"GIF89a/*" + bytes(100) + b"*/=alert(1)",
    "empty": lambda: b"",
}

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")


def pictures(number: int) -> dict[str, bytes]:
    """At least `number` hostile pictures by name: all bombs, then cut and mutated files of each format in turn."""
    made = {name: make() for name, make in BOMBS.items()}
    seed = 0
    while len(made) < number:
        name = FORMATS[seed % len(FORMATS)]
        rng = random.Random(seed)
        body = _picture(name, seed)
        if seed // len(FORMATS) % 2:
            made[f"cut_{name}_{seed}"] = body[: rng.randrange(1, len(body))]
        else:
            made[f"mutated_{name}_{seed}"] = mutated(body, rng, 0.002)
        seed += 1
    return made


def pages(number: int) -> dict[str, Page]:
    """At least `number` hostile pages by name, each kind in turn."""
    made: dict[str, Page] = {}
    seed = 0
    while len(made) < number:
        made |= {f"{kind.split('>')[0].split(' ')[0]}_{seed}": make(seed) for kind, make in PAGES.items()}
        seed += 1
    return made


_THINGS = ("anchor", "barrel", "crane", "dune", "eel", "fog", "gull", "harbour", "ice", "jetty", "keel", "lamp")


def good(seed: int) -> bytes:
    """A page with a picture that must come out as if nothing hostile were near it."""
    words = random.Random(seed).sample(_THINGS, 8)
    story = "".join(
        f"<p>The {a} lay beside the {b} of port {seed} for as long as anybody cared.</p>"
        for a, b in itertools.pairwise(words)
    )
    return BASE.format(
        f"Port {seed}", f'{story}<figure><img src="/good-{seed}.jpg" alt="{json.dumps(words)[1:5]}"></figure>'
    ).encode()
