"""Tests of videos: frames are taken by the clock, not by their number."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, clips, video
from m3w_builder.flamingo.config import LanguageConfig, ModelConfig, TowerConfig, TrainConfig
from m3w_builder.flamingo.tokenizer import train_tokenizer
from m3w_builder.flamingo.train import fit
from m3w_builder.shards.loader import Mixture


def write(path: Path, seconds: int, rate: int) -> str:
    """A video whose grey tells the second."""
    stream = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (64, 48))
    for number in range(seconds * rate):
        stream.write(np.full((48, 64, 3), 20 * (number // rate) + 10, np.uint8))
    stream.release()
    return str(path)


@pytest.mark.parametrize("native", [5, 12, 25])
def test_frames_are_one_a_second_whatever_the_videos_own_rate(tmp_path: Path, native: int) -> None:
    found = video.frames(write(tmp_path / "v.avi", 5, native), 16)
    assert found.shape == (5, 3, 16, 16)
    assert [round(float(frame.mean())) for frame in found] == pytest.approx([10, 30, 50, 70, 90], abs=3)


def test_no_more_frames_than_asked_and_a_higher_rate_takes_more(tmp_path: Path) -> None:
    path = write(tmp_path / "v.avi", 6, 12)
    assert len(video.frames(path, 16, most=4)) == 4 and len(video.frames(path, 16, most=30, rate=3)) == 18


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video at all")
    with pytest.raises(ConfigError, match="no video that can be read"):
        video.frames(str(tmp_path / "v.mp4"), 16)
    assert video.is_video("http://a/b.MP4?x=1") and not video.is_video("a.jpg")


def test_a_folder_of_videos_is_trained_on_and_read_in_the_same_order_after_a_stop(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.avi", 2 + number, 5)
        (tmp_path / f"{number}.txt").write_text(f"it grows lighter for {2 + number} seconds")
    write(tmp_path / "untold.avi", 1, 5)
    told = clips.pairs(str(tmp_path))
    assert [Path(path).name for path, _ in told] == ["0.avi", "1.avi", "2.avi"]
    tokenizer = train_tokenizer((text for _, text in told), 300)
    torch.manual_seed(0)
    model = checkpoint.small(ModelConfig(gate=0.5), LanguageConfig(tokenizer.size, 32, 1, 2), TowerConfig(16, 8, 24, 1))
    feed = clips.Clips(told, tokenizer, 16, frames=4, batch=2)
    progress = fit(
        model, Mixture({"videos": (feed, 1.0)}), TrainConfig(steps=3, warm_up=1), str(tmp_path / "t"), lambda _: None
    )
    assert progress.step == 3 and model.resampler.times_FM.grad is not None
    after = next(iter(feed))
    assert after.pictures_BPCHW.shape == (2, 1, 4, 3, 16, 16) and feed.state_dict() == {"step": 4}
    again = clips.Clips(told, tokenizer, 16, frames=4, batch=2)
    again.load_state_dict({"step": 3})
    assert next(iter(again)).keys == after.keys
