"""Hugging Face causal models as Flamingo's frozen language model (the `hf` extra).

Shape letters: B sequences, T tokens, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.config import LanguageConfig
from m3w_builder.flamingo.language import Before
from m3w_builder.flamingo.tokenizer import SPECIAL, Tokenizer


class HuggingFace(nn.Module):
    """Any causal model whose decoder layers stand in one list and take the hidden states first.

    `marks` are tokens that its vocabulary was given: their rows can be trained, all others stay as they are.
    """

    def __init__(self, model: Any, marks: Sequence[int] = (), name: str = "") -> None:
        """`name` is where the model comes from: a checkpoint holds that instead of its weights."""
        super().__init__()
        self.model = model
        self.layers = decoder_layers(model)
        self.depth = len(self.layers)
        rows, self.width = (int(size) for size in model.get_input_embeddings().weight.shape)
        self.config = LanguageConfig(rows, self.width, self.depth, pretrained=name)
        self.marks = tuple(marks)
        self.rows: list[nn.Parameter] = []
        """The embeddings whose rows of the marks are trained: decay would move all other rows too."""

    def forward(self, tokens_BT: Tensor, before: Before | None = None) -> Tensor:
        """Logits (B, T, K). What comes before each layer is put there by hooks, for this call alone."""
        hooks = []
        if before is not None:
            for index, layer in enumerate(self.layers):
                hooks.append(layer.register_forward_pre_hook(self.hook(before, index), with_kwargs=True))
        try:
            return self.model(input_ids=tokens_BT, use_cache=False).logits  # type: ignore[no-any-return]
        finally:
            for hook in hooks:
                hook.remove()

    def hook(self, before: Before, index: int) -> Any:
        def change(
            _: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if arguments:
                return (before(index, arguments[0]), *arguments[1:]), named
            return arguments, named | {"hidden_states": before(index, named["hidden_states"])}

        return change

    def train_marks(self) -> None:
        """Let the embeddings of the marks learn: the gradient of all other rows is erased.

        Call it when the Flamingo is put together, which froze everything. Not for parted models (FSDP), whose ranks
        know no rows.
        """
        tied = {id(p): p for p in (self.model.get_input_embeddings().weight, self.model.get_output_embeddings().weight)}
        self.rows = list(tied.values())
        for weight in self.rows:
            weight.requires_grad_(True)
            weight.register_hook(self.of_marks)

    def of_marks(self, gradient: Tensor) -> Tensor:
        mask = torch.zeros(len(gradient), 1, device=gradient.device, dtype=gradient.dtype)
        mask[list(self.marks)] = 1
        return gradient * mask


def decoder_layers(model: Any) -> nn.ModuleList:
    """The list of a model's decoder layers: the one as long as its config says; raises ConfigError without one."""
    config = model.config
    depth = getattr(config, "num_hidden_layers", None) or getattr(config, "n_layers", None)
    found = [m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == depth]
    if not found:
        raise ConfigError(f"{type(model).__name__}: no list of {depth} decoder layers in it")
    return found[0]


def load(name: str, tokenizer: Tokenizer) -> HuggingFace:
    """A pretrained model by name or folder, in single precision, its vocabulary grown by the tokenizer's marks.

    Raises ConfigError without transformers, and where there is no such model.
    """
    model: Any = pretrained("AutoModelForCausalLM", name).float()
    if tokenizer.size > len(model.get_input_embeddings().weight):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # new rows are drawn, as the old ones are spread: the same in every process
            model.resize_token_embeddings(tokenizer.size)
    return HuggingFace(model, [tokenizer.id(mark) for mark in SPECIAL], name)


def tokenizer_of(name: str) -> Tokenizer:
    """A pretrained model's own tokenizer, with the marks added that it lacks.

    Raises ConfigError as `load`, and where it is none of the library `tokenizers`.
    """
    found = pretrained("AutoTokenizer", name)
    core = getattr(found, "backend_tokenizer", None)
    if core is None:
        raise ConfigError(f"{name}: its tokenizer is not a fast one, of the library `tokenizers`")
    core.no_truncation()
    core.no_padding()
    core.add_special_tokens(list(SPECIAL))
    return Tokenizer(core)


def pretrained(kind: str, name: str) -> Any:
    """What transformers finds of a kind under a name."""
    try:
        import transformers
    except ImportError:
        raise ConfigError(
            "language models of Hugging Face want the `hf` extra: pip install 'm3w-builder[hf]'"
        ) from None
    try:
        return getattr(transformers, kind).from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}: no language model of Hugging Face: {str(error).splitlines()[0]}") from None
