"""Documents with real pictures, ready to be written."""

import hashlib

import cv2
import numpy as np
import pytest

from m3w_builder.document import Document, Image, Source, Text, make_key


def picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    return cv2.imencode(".jpg" if seed % 2 else ".png", noise)[1].tobytes()


def sample(number: int, pictures: int = 2):
    url, source = (
        f"http://host{number % 7}.example/{number}.html",
        Source("a.warc.gz", number, f"sha1:{number}", "2024"),
    )
    bodies = [picture(100 * number + index) for index in range(pictures)]
    items = [Text(f"Page {number}", "heading", 1)]
    for index, body in enumerate(bodies):
        kind = "jpeg" if (100 * number + index) % 2 else "png"
        items += [
            Image(
                f"{url}/{index}",
                sha256=hashlib.sha256(body).hexdigest(),
                width=64,
                height=48,
                format=kind,
                bytes=len(body),
            ),
            Text(f"What stands below picture {index}: «ü 日本»."),
        ]
    return Document(url, items, make_key(url, source), f"host{number % 7}.example", "en", source=source), bodies


@pytest.fixture
def make_sample():
    return sample


@pytest.fixture
def samples():
    return [sample(number) for number in range(20)]


@pytest.fixture(scope="module")
def module_samples():
    return [sample(number) for number in range(24)]
