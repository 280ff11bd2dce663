"""The presets fill the config, and each names filters that exist."""

from pathlib import Path

import pytest

from m3w_builder.config import check, load
from m3w_builder.decontaminate import resolve

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize(
    ("name", "text", "sides", "distance"),
    [
        ("m3w", ["bad_words", "language", "length", "quality", "repetition"], 64, 4),
        ("obelics", ["language", "paragraph_language", "obelics", "bad_words"], 150, 4),
        ("mmc4", ["language", "c4", "bad_words"], 150, 5),
        ("fineweb", ["bad_words", "language", "repetition", "length", "quality", "c4", "fineweb", "pii"], 64, 4),
    ],
)
def test_a_preset_loads_and_can_be_built(name: str, text: list[str], sides: int, distance: int, tmp_path) -> None:
    config = resolve(load(str(CONFIGS / f"{name}.yaml")), str(tmp_path))
    check(config)
    assert [stage.name for stage in config.text] == text
    assert [stage.min_side for stage in config.pictures.filters if stage.name == "size"] == [sides]
    assert config.dedup.max_distance == distance
