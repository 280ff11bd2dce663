"""Pictures that are no content: logos, icons, thumbnails, advertisements, tracking pixels, and who links to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np

from m3w_builder.sampleweb.forms import jpeg, png
from m3w_builder.sampleweb.scene import Pixels, draw_scene, render
from m3w_builder.sampleweb.shell import ADS, BANNERS, METRICS
from m3w_builder.sampleweb.site import Site

REASONS = (
    "outside_content", "icon", "logo", "spacer", "tracking_pixel", "advertisement", "share_button", "avatar",
    "repeated", "common_picture", "too_small", "aspect", "single_colour", "robots",
)  # fmt: skip
"""Reasons with which a picture that is no content may go."""

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01"
    b"\x00\x00\x02\x02D\x01\x00;"
)
"""A transparent GIF of one pixel."""


def write(folder: Path, sites: Sequence[Site]) -> None:
    """Write the furniture of every host, and the hosts of advertisements and of tracking pixels."""
    for site in sites:
        rng = Random(f"furniture {site.host}")
        static = folder / "sites" / site.host / "static"
        static.mkdir(parents=True, exist_ok=True)
        (static / "logo.png").write_bytes(png(_logo(site.name, rng)))
        for name in ("share", "mail"):
            (static / f"icon-{name}.png").write_bytes(png(_icon(rng)))
        for number in (1, 2):
            (static / f"thumb-{number}.jpg").write_bytes(jpeg(render(draw_scene(rng, (72, 54)))))
        (static / "blank.gif").write_bytes(PIXEL)
        (static / "site.css").write_text("body{margin:0}\n")
    rng = Random("advertisements")
    for host in (ADS, METRICS):
        home = folder / "sites" / host
        home.mkdir(parents=True, exist_ok=True)
        (home / "robots.txt").write_text("User-agent: *\nDisallow: /click\n")
    for number in range(BANNERS):
        (folder / "sites" / ADS / f"banner-{number}.jpg").write_bytes(jpeg(render(draw_scene(rng, (150, 120)))))
    (folder / "sites" / METRICS / "p.gif").write_bytes(PIXEL)


def _logo(name: str, rng: Random) -> Pixels:
    canvas = np.full((40, 160, 3), 255, dtype=np.uint8)
    colour = [rng.randrange(40, 200) for _ in range(3)]
    cv2.circle(canvas, (20, 20), 15, colour, -1, cv2.LINE_AA)
    cv2.putText(canvas, name[:10], (42, 27), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1, cv2.LINE_AA)
    return canvas


def _icon(rng: Random) -> Pixels:
    canvas = np.full((24, 24, 3), 240, dtype=np.uint8)
    cv2.line(
        canvas,
        (4, rng.randrange(6, 18)),
        (20, rng.randrange(6, 18)),
        [rng.randrange(0, 160) for _ in range(3)],
        3,
        cv2.LINE_AA,
    )
    return canvas
