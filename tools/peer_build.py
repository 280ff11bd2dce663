"""The job of a build as it is usually glued together from good libraries: a peer for `bench_build.py`.

    python tools/peer_build.py OUT PAGES.warc.gz [--processes 2]

warcio reads, trafilatura extracts with images, urllib3 fetches (through `http_proxy` where that is set), Pillow decodes
and scales, imagededup hashes, webdataset writes. No robots.txt, no receipts, no report. The last line is JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

STATE: dict[str, Any] = {}
MIN_SIDE, MAX_RATIO, SHORTER = 64, 3, 512


def begin() -> None:
    """Once a process: connections and the hasher."""
    import urllib3
    from imagededup.methods import PHash

    proxy = os.environ.get("http_proxy")
    STATE["http"] = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
    STATE["hasher"] = PHash(verbose=False)


def picture(url: str) -> tuple[bytes, str] | None:
    """A picture's JPEG and hash; None where it cannot be had or is too small or too long."""
    import numpy as np
    from PIL import Image

    try:
        body = STATE["http"].request("GET", url, timeout=10, retries=3).data
        image = Image.open(io.BytesIO(body)).convert("RGB")
    except Exception:
        return None
    shorter, longer = sorted(image.size)
    if shorter < MIN_SIDE or longer > MAX_RATIO * shorter:
        return None
    code = STATE["hasher"].encode_image(image_array=np.asarray(image))
    if shorter > SHORTER:
        image.thumbnail((longer * SHORTER // shorter,) * 2)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue(), code


def document(page: tuple[str, bytes]) -> dict[str, Any] | None:
    """A page's texts and pictures in order; None where it has no text or no picture."""
    import trafilatura
    from lxml import etree

    url, html = page
    xml = trafilatura.extract(html, url=url, output_format="xml", include_images=True)
    if not xml:
        return None
    items: list[Any] = []
    pictures: list[tuple[bytes, str]] = []
    for node in etree.fromstring(xml.encode()).iter():
        if node.tag == "graphic" and (got := picture(urljoin(url, node.get("src") or ""))):
            items.append({"image": len(pictures)})
            pictures.append(got)
        items += [{"text": text.strip()} for text in (node.text, node.tail) if text and text.strip()]
    return {"url": url, "items": items, "pictures": pictures} if pictures else None


def pages(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    from warcio.archiveiterator import ArchiveIterator

    for path in paths:
        with open(path, "rb") as stream:
            for record in ArchiveIterator(stream):
                kind = record.http_headers.get_header("Content-Type") if record.http_headers else ""
                if record.rec_type == "response" and "html" in (kind or ""):
                    yield record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("warc", nargs="+")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    import webdataset

    os.makedirs(arguments.out, exist_ok=True)
    seen: set[str] = set()
    documents = images = 0
    pattern = os.path.join(arguments.out, "%05d.tar")
    with (
        multiprocessing.Pool(arguments.processes, begin) as pool,
        webdataset.ShardWriter(pattern, maxcount=1000, verbose=0) as sink,
    ):
        for made in pool.imap_unordered(document, pages(arguments.warc), chunksize=8):
            if made is None:
                continue
            fresh = {}
            for index, (body, code) in enumerate(made.pop("pictures")):
                if code not in seen:
                    seen.add(code)
                    fresh[index] = body
            sample = {f"{index}.jpg": body for index, body in fresh.items()}
            sink.write({"__key__": f"{documents:08d}", "json": made, **sample})
            documents += 1
            images += len(sample)
        pool.close()
        pool.join()
    print(json.dumps({"documents": documents, "images": images}))


if __name__ == "__main__":
    main()
