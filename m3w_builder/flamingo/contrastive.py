"""`m3w pretrain`: a vision tower trained by contrast on a build's own picture-text pairs, through open_clip.

The paper trained its NFNet-F6 so, against a BERT, before anything else (arXiv 2204.14198, section 2.1 and appendix
B.1.3). CoCa (arXiv 2205.01917) adds a decoder that captions, and is what the contrast alone is compared with.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from m3w_builder import storage
from m3w_builder.errors import BuildError
from m3w_builder.flamingo.config import ContrastConfig, TowerConfig
from m3w_builder.flamingo.corpus import Corpus, fill, sample
from m3w_builder.flamingo.pretrain import adam, schedule, step
from m3w_builder.flamingo.tokenizer import Tokenizer, train_tokenizer
from m3w_builder.flamingo.vision import halves, load_clip, pixels, pooled, small_clip


def pairs(corpus: Corpus) -> tuple[NDArray[np.int64], list[str]]:
    """Each picture that a text follows, and that text up to the next picture: (n,), n texts."""
    pictures: list[int] = []
    texts: list[str] = []
    for page in corpus.pages:
        current = -1
        for piece in page.pieces:
            if isinstance(piece, int):
                current = piece
            elif current >= 0 and (not pictures or pictures[-1] != current):
                pictures.append(current)
                texts.append(piece)
    return np.array(pictures, np.int64), texts


def encode(texts: list[str], tokenizer: Tokenizer, context: int) -> Tensor:
    """The beginnings of texts, closed by an end-of-text and padded: (n, context)."""
    tokens = torch.full((len(texts), context), tokenizer.pad)
    for row, ids in enumerate(tokenizer.encode_all(texts)):
        kept = [*ids[: context - 1], tokenizer.end_of_text]
        tokens[row, : len(kept)] = torch.tensor(kept)
    return tokens


def small_coca(config: TowerConfig, vocabulary: int) -> Any:
    """An untrained open_clip CoCa of the small tower's sizes."""
    from open_clip.coca_model import CoCa, MultimodalCfg
    from open_clip.model import CLIPTextCfg, CLIPVisionCfg

    vision, text = halves(config, vocabulary)
    coca = CoCa(
        config.embedding,
        MultimodalCfg(**text, attn_pooler_heads=4),
        CLIPTextCfg(**text, embed_cls=True, output_tokens=True),
        CLIPVisionCfg(**vision, attentional_pool=True, attn_pooler_queries=16, attn_pooler_heads=4, output_tokens=True),
    )
    torch.nn.init.normal_(coca.text_decoder.text_projection, std=config.text_width**-0.5)  # open_clip leaves it unset
    return coca


def both(model: Any, kind: str, pictures: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures and texts in the shared space, of length 1."""
    image = model.encode_image(pictures, normalize=True)
    if kind == "clip":
        return image, pooled(model.encode_text(tokens), tokens, pad=0)
    return image, model.encode_text(tokens, normalize=True)


def train(model: Any, kind: str, pictures_u8: NDArray[np.uint8], tokens: Tensor, config: ContrastConfig) -> list[float]:
    """Train on pairs, row by row, with open_clip's own loss; the loss of each step. `kind`: clip, coca or named."""
    from open_clip.loss import ClipLoss, CoCaLoss

    torch.manual_seed(config.seed)
    generator = np.random.default_rng(config.seed)
    clip_loss, coca_loss = ClipLoss(), CoCaLoss(caption_loss_weight=2.0, clip_loss_weight=1.0, pad_id=0)
    with torch.no_grad():
        model.logit_scale.fill_(float(np.log(1 / config.temperature)))
    optimiser = adam(model, config.rate)
    model.train()
    losses = []
    for number in range(config.steps):
        rows = generator.choice(len(tokens), min(config.batch, len(tokens)), replace=False)
        shown = pixels(torch.from_numpy(pictures_u8[rows]))
        if kind == "coca":
            out = model(shown, tokens[rows])
            parts = (out["image_features"], out["text_features"], out["logits"], out["labels"], out["logit_scale"])
            loss = sum(coca_loss(*parts), start=torch.zeros(()))
        elif kind == "clip":
            loss = clip_loss(*both(model, kind, shown, tokens[rows]), model.logit_scale.exp())
        else:
            out = model(shown, tokens[rows])
            features = (out["image_features"], out["text_features"]) if isinstance(out, dict) else out[:2]
            loss = clip_loss(*features, model.logit_scale.exp())
        step(optimiser, loss, model, config.rate * schedule(number, config.steps))
        with torch.no_grad():
            model.logit_scale.clamp_(0, float(np.log(100)))
        losses.append(float(loss.detach()))
    model.eval()
    return losses


@torch.no_grad()
def retrieval(model: Any, kind: str, pictures_u8: NDArray[np.uint8], tokens: Tensor) -> float:
    """Share of held-out pictures that find their own text first among at most 100."""
    hits = total = 0
    for at in range(0, len(tokens), 100):
        shown = pixels(torch.from_numpy(pictures_u8[at : at + 100]))
        if kind == "named":
            out = model(shown, tokens[at : at + 100])
            image, text = (out["image_features"], out["text_features"]) if isinstance(out, dict) else out[:2]
        else:
            image, text = both(model, kind, shown, tokens[at : at + 100])
        hits += int(((image @ text.T).argmax(1) == torch.arange(len(image))).sum())
        total += len(image)
    return hits / max(1, total)


def pretrain(build: str, config: ContrastConfig, echo: Callable[[str], None] = print) -> str:
    """Train on a build's train split; writes BUILD/pretrain/{weights.pt,tower.json,tokenizer.json}, and says how well
    held-out pictures find their texts. Returns the folder, which `tower.pretrained` takes; of a named open_clip model
    the weights go there as NAME:FOLDER/weights.pt. Raises BuildError where there are no pairs.
    """
    import open_clip

    named = config.model not in ("clip", "coca")
    kind = "named" if named else config.model
    model: Any = load_clip(config.model) if named else None
    side = int(np.ravel(model.visual.image_size)[0]) if named else config.tower.side
    train_corpus, other = Corpus(), Corpus()
    keys = sorted(sample(build, ("train",), config.documents))
    if not keys:
        raise BuildError(f"{build}: no sample in its shards; finish `m3w build` first")
    held = set(keys[: len(keys) // 10])
    fill(train_corpus, build, "train", set(keys) - held, side, set())
    fill(other, build, "train", held, side, {value for page in train_corpus.pages for value in page.hashes})
    (rows, texts), (other_rows, other_texts) = pairs(train_corpus), pairs(other)
    if not texts:
        raise BuildError(f"{build}: no picture with a text after it")
    tokenizer = train_tokenizer(texts, config.vocabulary)
    sizes = replace(config.tower, context=config.context)
    if named:
        words: Any = open_clip.get_tokenizer(config.model)
        tokens, other_tokens = words(texts), words(other_texts or [""])[: len(other_texts)]
    else:
        model = (small_clip if kind == "clip" else small_coca)(sizes, tokenizer.size)
        tokens, other_tokens = (encode(some, tokenizer, config.context) for some in (texts, other_texts))
    losses = train(model, kind, train_corpus.array[rows], tokens, config)
    found = retrieval(model, kind, other.array[other_rows], other_tokens) if other_texts else float("nan")
    echo(f"{config.model}: {len(texts)} pairs, loss {losses[0]:.3f} to {np.mean(losses[-10:]):.3f}")
    echo(f"{len(other_texts)} held-out pictures find their own text first among 100: {100 * found:.1f} % (chance: 1 %)")
    folder = storage.join(build, "pretrain")
    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    storage.write_bytes(storage.join(folder, "weights.pt"), stream.getvalue())
    storage.write_bytes(storage.join(folder, "tokenizer.json"), tokenizer.to_json().encode())
    notes = {"model": config.model, "tower": asdict(sizes), "vocabulary": tokenizer.size, "retrieval": found}
    storage.write_json(storage.join(folder, "tower.json"), notes)
    return folder
