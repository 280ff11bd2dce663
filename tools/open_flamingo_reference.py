"""Makes tests/flamingo/open_flamingo.npz: a small OpenFlamingo's random weights, inputs and outputs.

Runs where open_flamingo 2.0.1 and a transformers of 4.33 to 4.37 are installed, which this project's own environment
does not have:  python tools/open_flamingo_reference.py tests/flamingo/open_flamingo.npz
The test that reads the file holds our model to the same outputs. Weights are rounded to half precision first, so that
the file is small and both sides compute from the same numbers.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from open_flamingo.src.flamingo import Flamingo
from open_flamingo.src.flamingo_lm import FlamingoLMMixin
from open_flamingo.src.helpers import PerceiverResampler
from open_flamingo.src.utils import extend_instance
from torch import nn
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

WIDTH, LAYERS, VISION, VOCABULARY = 32, 4, 16, 40
END_OF_CHUNK, MEDIA = 38, 39


class Eye(nn.Module):
    """A tower that answers with the tokens it is given: features are the inputs here."""

    def forward(self, x: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, x.flatten(1).unflatten(1, (-1, VISION))


def build() -> Any:
    torch.manual_seed(0)
    language = GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            intermediate_size=64,
            use_parallel_residual=True,
        )
    )
    extend_instance(language, FlamingoLMMixin)
    language.set_decoder_layers_attr_name("gpt_neox.layers")
    clip = SimpleNamespace(visual=Eye())
    model = Flamingo(clip, language, END_OF_CHUNK, MEDIA, vis_dim=VISION, cross_attn_every_n_layers=2)
    model.perceiver = PerceiverResampler(dim=VISION, depth=2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(0.6)
            parameter.copy_(parameter.half().float())
    return model.eval()


def main() -> int:
    model = build()
    torch.manual_seed(1)
    tokens = torch.randint(0, 38, (2, 14))
    for row, places in enumerate(((2, 6, 11), (0, 5))):
        tokens[row, list(places)] = MEDIA
    # Three pictures a row; the second row's last one is never looked at. "Pixels" are 1 x 4 x VISION: four tokens.
    pictures = torch.randn(2, 3, 1, 1, 4, VISION).half().float()
    with torch.no_grad():
        logits = model(vision_x=pictures, lang_x=tokens, attention_mask=torch.ones_like(tokens)).logits
        model.lang_encoder.clear_conditioned_layers()
        latents = model.perceiver(pictures.flatten(3).unflatten(3, (4, VISION)))
        seen = torch.randn(2, 14, WIDTH)
        block = model.lang_encoder.gated_cross_attn_layers[1](seen, latents, media_locations=tokens == MEDIA)
    state = {}
    for name, value in model.state_dict().items():
        if "old_decoder_blocks" not in name and "gated_cross_attn_layers." not in name:
            state[f"state/{name}"] = value.half().numpy() if value.is_floating_point() else value.numpy()
    np.savez_compressed(
        sys.argv[1],
        tokens=tokens.numpy(),
        pictures=pictures.numpy().astype(np.float16),
        logits=logits.numpy(),
        latents=latents.numpy(),
        block_in=seen.numpy(),
        block_out=block.numpy(),
        **state,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
