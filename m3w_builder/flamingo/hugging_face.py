"""Hugging Face causal models as Flamingo's frozen language model (the `hf` extra).

Shape letters: B sequences, T tokens, D width.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.language import Before


class HuggingFace(nn.Module):
    """Any causal model whose decoder layers stand in one list and take the hidden states first.

    `new` tokens were added to its vocabulary: their rows are trained, all others stay as they are.
    """

    def __init__(self, model: Any, new: int = 0) -> None:
        super().__init__()
        self.model = model
        self.layers = decoder_layers(model)
        self.depth = len(self.layers)
        self.width = int(model.get_input_embeddings().weight.shape[1])
        self.new = new

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

    def train_new_rows(self) -> None:
        """Let the embeddings of the new tokens learn: the gradient of all other rows is erased.

        Call it when the Flamingo is put together, which froze everything; give these weights no decay.
        """
        tied = {id(p): p for p in (self.model.get_input_embeddings().weight, self.model.get_output_embeddings().weight)}
        for weight in tied.values():
            weight.requires_grad_(True)
            weight.register_hook(self.keep_new)

    def keep_new(self, gradient: Tensor) -> Tensor:
        mask = torch.zeros(len(gradient), 1, device=gradient.device, dtype=gradient.dtype)
        mask[len(gradient) - self.new :] = 1
        return gradient * mask


def decoder_layers(model: Any) -> nn.ModuleList:
    """The list of a model's decoder layers: the one as long as its config says; raises ConfigError without one."""
    config = model.config
    depth = getattr(config, "num_hidden_layers", None) or getattr(config, "n_layers", None)
    found = [m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == depth]
    if not found:
        raise ConfigError(f"{type(model).__name__}: no list of {depth} decoder layers in it")
    return found[0]


def load(name: str, new_tokens: int = 2) -> HuggingFace:
    """A pretrained model by name or path, its vocabulary grown by the marks; ConfigError without transformers."""
    try:
        from transformers import AutoModelForCausalLM
    except ImportError:
        raise ConfigError(
            "language models of Hugging Face want the `hf` extra: pip install 'm3w-builder[hf]'"
        ) from None
    model = AutoModelForCausalLM.from_pretrained(name)
    old = model.get_input_embeddings().weight.shape[0]
    model.resize_token_embeddings(old + new_tokens)
    return HuggingFace(model, new_tokens)
