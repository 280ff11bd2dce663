"""Tests of a language model of Hugging Face under a Flamingo: trained over, kept by name, its marks alone learned."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, hugging_face, small, validation
from m3w_builder.flamingo.config import LanguageConfig, PretrainConfig, TowerConfig, TrainConfig, ValidateConfig
from m3w_builder.flamingo.processes import Alone
from m3w_builder.flamingo.prompt import lay_out, next_tokens
from m3w_builder.flamingo.tokenizer import SPECIAL, train_tokenizer

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A GPT-2 that knows nothing, with a tokenizer that has no mark but its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    folder = str(tmp_path_factory.mktemp("hf") / "gpt2")
    core = Tokenizer(models.BPE())
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(["A red ring on white ground."] * 9, trainer)
    transformers.PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>").save_pretrained(folder)
    torch.manual_seed(0)
    sizes = transformers.GPT2Config(vocab_size=core.get_vocab_size(), n_embd=32, n_layer=2, n_head=2, n_positions=256)
    transformers.GPT2LMHeadModel(sizes).save_pretrained(folder)
    return folder


def sizes(pretrained: str) -> ValidateConfig:
    return ValidateConfig(
        steps=3,
        canary=0.0,
        undecided=5,
        language=LanguageConfig(pretrained=pretrained),
        tower=TowerConfig(width=24, layers=1),
        pretrain=PretrainConfig(tower_steps=4, batch_pages=8),
    )


def test_a_training_over_it_learns_the_marks_and_leaves_its_name_in_the_checkpoint(
    tmp_path: Path, pretrained: str
) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(40)])

    def trained(out: str, *stops: int) -> str:
        for steps in stops:
            config = TrainConfig(str(tmp_path / out), steps=steps, batch=4, length=96, validate=sizes(pretrained))
            folder = small.train(build, config, lambda _: None)
        return folder

    folder = trained("straight", 4)
    model, tokenizer = checkpoint.load(folder)
    old = hugging_face.load(pretrained, tokenizer)
    rows, before = (one.model.get_input_embeddings().weight for one in (model.language, old))
    marks = [tokenizer.id(mark) for mark in SPECIAL]
    assert len(rows) == len(before) == tokenizer.size == max(marks) + 1
    moved = {int(at) for at in (rows != before).any(1).nonzero()}
    assert tokenizer.image in moved and moved <= set(marks)
    layer = "language.model.transformer.h.1.mlp.c_fc.weight"
    assert torch.equal(model.state_dict()[layer], old.state_dict()[layer.removeprefix("language.")])
    stored = torch.load(Path(folder) / "weights.pt", weights_only=True)
    assert [name for name in stored if name.startswith("language.")] == ["language.model.transformer.wte.weight"]
    again, _ = checkpoint.load(trained("stopped", 2, 4))
    told = [next_tokens(m, lay_out(m, tokenizer, ["This sheet"]), [[]]) for m in (model, again)]
    assert torch.equal(*told)


def test_a_build_is_validated_with_it(tmp_path: Path, pretrained: str) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(60)])
    verdict = validation.validate(build, sizes(pretrained), lambda _: None, crew=Alone)
    assert verdict.verdict == "undecided" and verdict.figures["losses"]["own"] > 0
    with pytest.raises(ConfigError, match="no language model of Hugging Face"):
        validation.validate(build, sizes(str(tmp_path / "none")), lambda _: None, crew=Alone)


def test_its_tokenizer_keeps_its_own_numbers_and_pages_forge_no_marks(pretrained: str) -> None:
    tokenizer = hugging_face.tokenizer_of(pretrained)
    assert tokenizer.end_of_text == 0 and tokenizer.image == tokenizer.size - 2
    assert tokenizer.image not in tokenizer.encode("a <image> on a page")
    assert tokenizer.decode(tokenizer.encode("A red ring")) == "A red ring"
    assert train_tokenizer(["a"], 300).pad == 0
