"""Tests of training: exact resume, mixtures, what decays, the whole of `m3w train`, and a conversation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import scenes
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, small
from m3w_builder.flamingo.chat import chat
from m3w_builder.flamingo.config import (
    LanguageConfig,
    ModelConfig,
    PretrainConfig,
    TowerConfig,
    TrainConfig,
    ValidateConfig,
)
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.train import fit, groups
from m3w_builder.shards.loader import Batch, Mixture

CONFIG = TrainConfig(steps=6, rate=1e-3, warm_up=2, save_every=3)


def model() -> Flamingo:
    torch.manual_seed(0)
    return checkpoint.small(ModelConfig(gate=0.5), LanguageConfig(60, 32, 2, 2), TowerConfig(16, 8, 24, 1))


@dataclass
class Feed:
    """Batches by their number: what a Loader is to `fit`."""

    offset: int = 0
    step: int = 0

    def __iter__(self) -> Iterator[Batch]:
        while True:
            generator = torch.Generator().manual_seed(self.offset + self.step)
            self.step += 1
            tokens = torch.randint(4, 60, (2, 10), generator=generator)
            looks = torch.tensor([[-1, 0, 0, 0, 0, 1, 1, 1, 1, 1]] * 2)
            pictures = torch.randn(2, 2, 3, 16, 16, generator=generator)
            yield Batch(tokens, looks, tokens, pictures, torch.tensor([2, 2]), torch.zeros_like(tokens), ["a", "b"])

    def state_dict(self) -> dict[str, int]:
        return {"step": self.step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.step = state["step"]


def mixture(**weights: float) -> Mixture:
    return Mixture({name: (Feed(10 * ord(name)), weight) for name, weight in weights.items()})  # type: ignore[arg-type]


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    straight, stopped, resumed = model(), model(), model()
    fit(straight, mixture(a=1.0), CONFIG, str(tmp_path / "straight"), lambda _: None)
    fit(stopped, mixture(a=1.0), replace(CONFIG, steps=3), str(tmp_path / "stopped"), lambda _: None)
    fit(resumed, mixture(a=1.0), CONFIG, str(tmp_path / "stopped"), lambda _: None)
    for name, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    steps = {}
    for name in ("straight", "stopped"):
        lines = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").open()]
        steps[name] = [(line["step"], line["loss"]) for line in lines]
    assert steps["straight"] == steps["stopped"] and len(steps["straight"]) == 6


def test_a_mixture_sums_the_weighted_losses(tmp_path: Path) -> None:
    progress = fit(model(), mixture(a=1.0, b=0.2), replace(CONFIG, steps=1), str(tmp_path), lambda _: None)
    line = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert progress.loss == pytest.approx(line["losses"]["a"] + 0.2 * line["losses"]["b"], abs=1e-4)


def test_accumulated_batches_are_one_larger_step(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=1, accumulate=3)
    progress = fit(model(), mixture(a=1.0), config, str(tmp_path / "three"), lambda _: None)
    assert progress.step == 1 and progress.tokens == 3 * 20
    one = [fit(model(), mixture(a=1.0), replace(CONFIG, steps=n), str(tmp_path / str(n)), lambda _: None) for n in (1,)]
    line = json.loads((tmp_path / "three" / "metrics.jsonl").read_text())
    assert line["losses"]["a"] != pytest.approx(one[0].loss, abs=1e-6)  # the mean of three batches, not the first


def test_unfrozen_parts_learn_and_others_do_not(tmp_path: Path) -> None:
    before, trained = model(), model()
    config = replace(CONFIG, unfreeze=("language.layers.1", "vision.visual.ln_post"))
    fit(trained, mixture(a=1.0), config, str(tmp_path), lambda _: None)
    changed = {n for n, v in before.state_dict().items() if not torch.equal(v, trained.state_dict()[n])}
    frozen = {name for name in changed if name.startswith(("vision.", "language."))}
    assert any(name.startswith("language.layers.1.") for name in frozen) and "vision.visual.ln_post.weight" in frozen
    assert all(name.startswith(("language.layers.1.", "vision.visual.ln_post")) for name in frozen)
    with pytest.raises(ConfigError, match="no parameter is named 'lenguage"):
        fit(model(), mixture(a=1.0), replace(CONFIG, unfreeze=("lenguage",)), str(tmp_path / "no"), lambda _: None)


def test_the_measures_stand_in_tensorboards_log_too(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(model(), mixture(a=1.0), CONFIG, str(tmp_path), lambda _: None)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").open()]
    assert [e.value for e in events.Scalars("loss")] == pytest.approx([line["loss"] for line in lines], abs=1e-4)
    assert "gates/0" in events.Tags()["scalars"]


def test_two_processes_train_alike_whether_the_model_is_copied_or_parted_and_resume(tmp_path: Path) -> None:
    code = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    script = Path(__file__).parent / "two_ranks.py"
    done = subprocess.run([*code, str(script), str(tmp_path)], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    ddp, fsdp, resumed = (
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("ddp", "fsdp", "fsdp-resumed")
    )
    assert ddp.keys() == fsdp.keys() and any(not torch.equal(ddp[n], v) for n, v in model().trained().items())
    for name, value in ddp.items():
        assert torch.allclose(value, fsdp[name], atol=1e-5), name
        assert torch.equal(fsdp[name], resumed[name]), name
    lines = [json.loads(line) for line in (tmp_path / "fsdp-resumed" / "metrics.jsonl").open()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4] and lines[-1]["tokens"] == 4 * 2 * 20


def test_the_frozen_models_do_not_change_and_the_rest_does(tmp_path: Path) -> None:
    before, trained = model(), model()
    fit(trained, mixture(a=1.0), CONFIG, str(tmp_path), lambda _: None)
    for name, value in before.state_dict().items():
        frozen = name.startswith(("vision.", "language."))
        # No frames, no gradient on time; latents start where they are and move.
        assert torch.equal(value, trained.state_dict()[name]) == (frozen or name == "resampler.times_FM"), name


def test_the_resampler_gates_and_norms_do_not_decay() -> None:
    flamingo = model()
    decayed, free = groups(flamingo, 0.1)
    names = {id(p): name for name, p in flamingo.named_parameters()}
    assert all(names[id(p)].startswith("blocks.") and p.ndim == 2 for p in decayed["params"])
    assert len(decayed["params"]) + len(free["params"]) == sum(p.requires_grad for p in flamingo.parameters())


def test_a_build_elsewhere_wants_a_folder_here() -> None:
    with pytest.raises(ConfigError, match="out=FOLDER"):
        small.train("memory://build", TrainConfig())


def test_a_build_becomes_a_checkpoint_that_talks(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(40)])
    sizes = ValidateConfig(
        vocabulary=300,
        language=LanguageConfig(width=32, layers=1, heads=2),
        tower=TowerConfig(width=24, layers=1),
        pretrain=PretrainConfig(language_steps=5, tower_steps=5, batch_tokens=512, batch_pages=8),
    )
    config = TrainConfig(str(tmp_path / "mine"), steps=4, batch=4, length=96, validate=sizes)
    folder = small.train(build, config, lambda _: None)
    left = {"tokenizer.json", "language.pt", "clip.pt"}
    assert folder == str(tmp_path / "mine" / "model") and {p.name for p in (tmp_path / "mine/frozen").iterdir()} == left
    assert small.train(build, config, lambda _: None) == folder  # nothing is left to do
    body = next(iter(scenes.document(1)[1].values()))
    (tmp_path / "picture.png").write_bytes(body)
    said: list[str] = []
    lines = [
        str(tmp_path / "picture.png"),
        "Here one sees",
        "http://127.0.0.1:1/none.png",
        "gone.jpg",
        "/new",
        "/quit",
        "never read",
    ]
    chat(folder, lines, said.append, most=5)
    text = "".join(said)
    assert "(picture seen)" in text and "127.0.0.1:1/none.png:" in text and "gone.jpg: No such file" in text
