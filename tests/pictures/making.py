"""Pictures for the tests: a scene in every format and state in which the web serves one."""

import io

import numpy as np
from PIL import Image, ImageDraw


def scene(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """Shapes on a shaded ground, the same for a seed at any size."""
    random = np.random.default_rng(seed)
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height)[:, None, None]
    corners = random.integers(30, 226, (4, 3))
    ground = (corners[0] * (1 - across) + corners[1] * across) * (1 - down) + (
        corners[2] * across + corners[3] * (1 - across)
    ) * down
    picture = Image.fromarray(ground.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(8):
        x, y, w, h = random.random(4) * [0.8, 0.8, 0.35, 0.35] + [0, 0, 0.08, 0.08]
        box = (x * width, y * height, (x + w) * width, (y + h) * height)
        colour = tuple(int(level) for level in random.integers(0, 256, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


def encoded(picture: Image.Image, name: str = "JPEG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()


def exif(orientation: int) -> Image.Exif:
    """Orientation, a camera's name and a place."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "SECRETCAM"
    data.get_ifd(0x8825)[1] = "N"
    return data


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))
