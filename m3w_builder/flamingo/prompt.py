"""Prompts of texts and pictures: laid out as in training, completed by beam search, or scored.

Shape letters: B beams, T tokens, K vocabulary, P pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from m3w_builder.flamingo.corpus import Pixels
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.tokenizer import Tokenizer
from m3w_builder.flamingo.vision import pixels

Piece = str | Pixels | Tensor
"""A text, a picture of the tower's side (3, H, W), a video of several such frames (F, 3, H, W), or what the model keeps
of one, its latents (L, M)."""


@dataclass(slots=True)
class Prompt:
    """A prompt as the model reads it."""

    tokens: list[int]
    looks_at: list[int]
    media_1PLM: Tensor
    """The pictures' latents: made once, however many tokens follow."""


def lay_out(model: Flamingo, tokenizer: Tokenizer, pieces: Sequence[Piece]) -> Prompt:
    """Texts and pictures in reading order; an end-of-chunk before each picture but one that begins the prompt."""
    tokens, looks = [tokenizer.end_of_text], [-1]
    pictures: list[Pixels | Tensor] = []
    for piece in pieces:
        if isinstance(piece, str):
            ids = tokenizer.encode(piece)
            tokens += ids
            looks += [len(pictures) - 1] * len(ids)
            continue
        if len(tokens) > 1:
            tokens.append(tokenizer.end_of_chunk)
            looks.append(len(pictures) - 1)
        pictures.append(piece)
        tokens.append(tokenizer.image)
        looks.append(len(pictures) - 1)
    return Prompt(tokens, looks, look(model, pictures))


@torch.no_grad()
def look(model: Flamingo, pictures: Sequence[Pixels | Tensor]) -> Tensor:
    """The latents of a prompt's pictures and videos, (1, P, L, M); of one grey picture where there is none."""
    side = model.vision.side
    shown = pictures if len(pictures) else [np.full((3, side, side), 128, np.uint8)]
    media = {at: piece for at, piece in enumerate(shown) if isinstance(piece, Tensor)}
    frames = {at: np.reshape(piece, (-1, 3, side, side)) for at, piece in enumerate(shown) if at not in media}
    for count in sorted({len(array) for array in frames.values()}):  # those of as many frames go together
        places = [at for at, array in frames.items() if len(array) == count]
        together = torch.from_numpy(np.stack([frames[at] for at in places]))
        media |= dict(zip(places, model.media(model.look(pixels(together)[None]))[0], strict=True))
    return torch.stack([media[at] for at in range(len(shown))])[None]


def latents(model: Flamingo, pictures: Sequence[Pixels], batch: int = 64) -> list[Tensor]:
    """What the model keeps of each picture, so that many prompts may show it and the tower sees it once."""
    return [one for at in range(0, len(pictures), batch) for one in look(model, pictures[at : at + batch])[0]]


@torch.no_grad()
def next_tokens(model: Flamingo, prompt: Prompt, added_BT: Sequence[Sequence[int]]) -> Tensor:
    """Log-likelihoods of what comes after the prompt and each of the continuations, alike in length: (B, K)."""
    beams = len(added_BT)
    tokens = torch.tensor([[*prompt.tokens, *added] for added in added_BT])
    last = prompt.looks_at[-1]
    looks = torch.tensor([[*prompt.looks_at, *([last] * len(added))] for added in added_BT])
    return model(tokens, looks, prompt.media_1PLM.expand(beams, -1, -1, -1))[:, -1].float().log_softmax(-1)  # type: ignore[no-any-return]


def complete(model: Flamingo, tokenizer: Tokenizer, prompt: Prompt, most: int = 40, beams: int = 3) -> str:
    """The likeliest continuation up to an end-of-chunk, by beam search (paper: 3 beams), length-normalised."""
    alive: list[tuple[float, list[int]]] = [(0.0, [])]
    done: list[tuple[float, list[int]]] = []
    for _ in range(most):
        likelihoods = next_tokens(model, prompt, [added for _, added in alive])
        found = []
        for (score, added), row in zip(alive, likelihoods, strict=True):
            values, tokens = row.topk(beams + 1)
            found += [(score + float(v), [*added, int(t)]) for v, t in zip(values, tokens, strict=True)]
        found.sort(key=lambda beam: -beam[0])
        ends = (tokenizer.end_of_chunk, tokenizer.end_of_text, tokenizer.image)
        done += [(score / len(added), added[:-1]) for score, added in found[:beams] if added[-1] in ends]
        alive = [(score, added) for score, added in found if added[-1] not in ends][:beams]
        if len(done) >= beams:
            break
    done += [(score / max(1, len(added)), added) for score, added in alive]
    return tokenizer.decode(max(done)[1]).strip()


def stream(model: Flamingo, tokenizer: Tokenizer, prompt: Prompt, most: int = 60) -> Iterator[str]:
    """The likeliest next token again and again, as text, up to an end-of-chunk."""
    added: list[int] = []
    shown = ""
    for _ in range(most):
        token = int(next_tokens(model, prompt, [added])[0].argmax())
        if token in (tokenizer.end_of_chunk, tokenizer.end_of_text, tokenizer.image):
            return
        added.append(token)
        text = tokenizer.decode(added)
        if not text.endswith("\ufffd"):  # half a character waits for its other half
            yield text[len(shown) :]
            shown = text


@torch.no_grad()
def score(
    model: Flamingo, tokenizer: Tokenizer, prompt: Prompt, options: Sequence[str], ends: bool = True
) -> list[float]:
    """Log-likelihood of each option after the prompt (closed-ended evaluation), with its end-of-chunk if it `ends`."""
    close = [tokenizer.end_of_chunk] if ends else []
    endings = [[*tokenizer.encode(option), *close] for option in options]
    longest = max(len(ending) for ending in endings)
    rows = [[*prompt.tokens, *ending, *([tokenizer.pad] * (longest - len(ending)))] for ending in endings]
    looks = [*prompt.looks_at, *([prompt.looks_at[-1]] * longest)]
    media = prompt.media_1PLM.expand(len(rows), -1, -1, -1)
    logits = model(torch.tensor(rows), torch.tensor([looks] * len(rows)), media)
    likelihoods = logits.float().log_softmax(-1)
    start = len(prompt.tokens)
    return [
        float(likelihoods[row, torch.arange(start - 1, start - 1 + len(ending)), torch.tensor(ending)].sum())
        for row, ending in enumerate(endings)
    ]
