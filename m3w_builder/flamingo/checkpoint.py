"""Checkpoints: a folder with the sizes, the tokenizer and the weights, from which a Flamingo is put together again."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.fill import fill
from m3w_builder.flamingo import hugging_face, vision
from m3w_builder.flamingo.config import LanguageConfig, ModelConfig, TowerConfig
from m3w_builder.flamingo.language import Language
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.tokenizer import Tokenizer, load_tokenizer

FORMAT = 1


def save(
    folder: str,
    model: Flamingo,
    tokenizer: Tokenizer,
    tower: TowerConfig,
    notes: dict[str, Any],
    weights: Mapping[str, Any] | None = None,
) -> None:
    """Write a model over its frozen ones, the small ones included; `notes` tell where it comes from.

    `weights` are the model's own, gathered, where they are parted among ranks. Of a language model of Hugging Face stay
    its name and what of it was trained.
    """
    state = dict(weights or model.state_dict())
    if model.language.config.pretrained:
        trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
        state = {name: v for name, v in state.items() if name in trained or not name.startswith("language.")}
    sizes = {"model": asdict(model.config), "language": asdict(model.language.config), "tower": asdict(tower)}
    stream = io.BytesIO()
    torch.save(state, stream)
    storage.write_bytes(storage.join(folder, "weights.pt"), stream.getvalue())
    storage.write_bytes(storage.join(folder, "tokenizer.json"), tokenizer.to_json().encode())
    storage.write_json(storage.join(folder, "checkpoint.json"), {"format": FORMAT, **sizes, "notes": notes})


def load(folder: str) -> tuple[Flamingo, Tokenizer]:
    """The model, ready to use, and its tokenizer. Raises ConfigError where there is no checkpoint."""
    stored = read(folder)
    tokenizer = load_tokenizer(storage.read_bytes(storage.join(folder, "tokenizer.json")).decode())
    sizes = fill(ModelConfig, stored["model"], "model")
    language, tower = fill(LanguageConfig, stored["language"], "language"), fill(TowerConfig, stored["tower"], "tower")
    weights = torch.load(io.BytesIO(storage.read_bytes(storage.join(folder, "weights.pt"))), weights_only=True)
    if language.pretrained:
        seen = vision.tower(tower, tokenizer.size, weights=False)
        model = Flamingo(seen, hugging_face.load(language.pretrained, tokenizer), sizes)
    else:
        model = small(sizes, language, tower)
    left, unknown = model.load_state_dict(weights, strict=not language.pretrained)
    if unknown or any(not name.startswith("language.") for name in left):
        raise ConfigError(f"{folder}: its weights are of another model: {[*unknown, *left][0]}")
    return model.eval(), tokenizer


def read(folder: str) -> dict[str, Any]:
    """A checkpoint's sizes and notes; raises ConfigError where there is none."""
    url = storage.join(folder, "checkpoint.json")
    if not storage.exists(url):
        raise ConfigError(f"{folder}: no checkpoint lies there (no checkpoint.json); `m3w train` writes one")
    stored: dict[str, Any] = storage.read_json(url)
    if stored.get("format") != FORMAT:
        raise ConfigError(f"{folder}: a checkpoint of format {stored.get('format')}, and this m3w reads {FORMAT}")
    return stored


def tower_of(folder: str) -> TowerConfig:
    """The sizes of a checkpoint's vision tower."""
    return fill(TowerConfig, read(folder)["tower"], "tower")


def small(model: ModelConfig, language: LanguageConfig, tower: TowerConfig) -> Flamingo:
    """An untrained Flamingo over the small language model and the small tower."""
    return Flamingo(vision.tower(tower, language.vocabulary, weights=False), Language(language), model)
