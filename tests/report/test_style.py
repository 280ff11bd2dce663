"""The pages can be read: text stands out from what is behind it, in light and in dark (WCAG 2.2, 1.4.3: 4.5 to 1)."""

import re
from importlib import resources

import pytest

CSS = resources.files("m3w_builder.report.templates").joinpath("style.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([a-z]+): (#[0-9a-f]+)", block)) for block in re.findall(r":root \{([^}]*)\}", CSS))
PAIRS = [("ink", "paper"), ("ink", "raised"), ("quiet", "paper"), ("quiet", "raised"), ("good", "paper"),
         ("good", "raised"), ("good", "soft"), ("bad", "paper"), ("bad", "raised"), ("paper", "good")]  # fmt: skip


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "behind"), PAIRS)
def test_text_has_enough_contrast(scheme, front, behind):
    high, low = sorted((luminance(scheme[front]), luminance(scheme[behind])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
