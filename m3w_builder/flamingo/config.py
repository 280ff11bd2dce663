"""What of the reference Flamingo can be set; no import here waits for torch."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from m3w_builder.classes import dataclass


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes of what is trained between the two frozen models; the paper's are in `sizes.py`."""

    every: int = 1
    """A gated block stands before every so many layers of the language model (paper: 1, 4 and 7)."""
    first: int = 0
    """The layer that the first gated block stands before (OpenFlamingo: every - 1)."""
    heads: int = 4
    """Heads of the gated cross-attention."""
    head_width: int = 24
    """Width of each of them."""
    resampler_layers: int = 1
    """Layers of the Perceiver Resampler (paper: 6)."""
    resampler_width: int = 0
    """Width of the Resampler; 0 takes the vision tower's and needs no projection."""
    resampler_heads: int = 4
    """Heads of the Resampler's attention."""
    resampler_head_width: int = 24
    """Width of each of them."""
    latents: int = 8
    """Latents that stand for one picture or video (paper: 64)."""
    max_frames: int = 8
    """Most frames of a video: as many time embeddings are learned (paper: 8 in training)."""
    media_width: int = 0
    """Width of the latents as text sees them; 0 leaves the Resampler's."""
    expansion: int = 4
    """Hidden width of every feed-forward, in widths."""
    activation: Literal["squared_relu", "gelu"] = "squared_relu"
    """Activation of every feed-forward (paper: squared ReLU; OpenFlamingo: GELU)."""
    gate: float = 0.0
    """Where the tanh gates start: 0 leaves the language model as it was (paper); short runs learn faster from 0.5."""
    sees: Literal["last", "all"] = "last"
    """A token sees the last picture before it, or all before it (paper, table 3: 70.7 against 63.5)."""


@dataclass(frozen=True, slots=True)
class LanguageConfig:
    """Sizes of the small language model, or the name of one that is pretrained."""

    vocabulary: int = 2048
    """Tokens, special ones included."""
    width: int = 96
    """Width of the residual stream."""
    layers: int = 2
    """Decoder layers."""
    heads: int = 4
    """Attention heads; they share the width evenly."""
    head_width: int = 0
    """Width of each head; 0 is width / heads."""
    positions: Literal["rotary", "relative"] = "rotary"
    """Rotary (arXiv 2104.09864), or relative as in Transformer-XL (arXiv 1901.02860), which Chinchilla has."""
    pretrained: str = ""
    """"" is small and trained on the corpus; else a causal model of Hugging Face by name or folder, with its tokenizer
    (the `hf` extra). It is frozen, but for the rows of the marks in `m3w train`; the sizes above are then its own."""


@dataclass(frozen=True, slots=True)
class TowerConfig:
    """A small open_clip model for machines without pretrained weights, or one that is pretrained."""

    side: int = 32
    """Side of the pictures, px."""
    patch: int = 8
    """Side of a patch, px."""
    width: int = 96
    """Width of the vision transformer."""
    layers: int = 3
    """Layers of the vision transformer."""
    head_width: int = 24
    """Width of its heads."""
    embedding: int = 64
    """Width of the space that pictures and texts share."""
    text_width: int = 64
    """Width of the text transformer that the tower is trained against."""
    text_layers: int = 1
    """Layers of it."""
    text_heads: int = 4
    """Heads of it."""
    context: int = 48
    """Most tokens of a text."""
    pretrained: str = ""
    """"" is small and trained on the corpus; "imagenet" is EfficientNet-lite0 (the `imagenet` extra); else an open_clip
    model, as "ViT-L-14:openai" or "ViT-B-32:weights.pt", or the folder that `m3w pretrain` wrote. All are frozen."""
    causal: bool = False
    """Whether a patch sees only those before it: a question that is asked of the small tower, not a good idea."""


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """How the small models are trained."""

    language_steps: int = 260
    """Steps of the language model on the texts."""
    language_rate: float = 3e-3
    """Its learning rate."""
    tower_steps: int = 250
    """Steps of the contrast of pictures and texts."""
    tower_rate: float = 1e-3
    """Its learning rate."""
    batch_tokens: int = 3072
    """Tokens of a batch of the language model."""
    batch_pages: int = 32
    """Documents of a batch of the contrast."""
    temperature: float = 0.07
    """Temperature that the contrast starts from (CLIP: 0.07)."""


@dataclass(frozen=True, slots=True)
class ContrastConfig:
    """How `m3w pretrain` trains a vision tower; the defaults are for the small one."""

    model: str = "clip"
    """"clip" is the small tower, "coca" the same with a decoder that captions, else the name of an open_clip model."""
    steps: int = 400
    """Steps."""
    batch: int = 128
    """Pairs of a batch, each the others' negatives (paper: 16,384)."""
    rate: float = 1e-3
    """Learning rate."""
    temperature: float = 0.07
    """Temperature that the contrast starts from."""
    documents: int = 10_000
    """Most documents, a tenth of them held out."""
    context: int = 32
    """Tokens read of each text."""
    vocabulary: int = 1024
    """Tokens of the tokenizer."""
    seed: int = 0
    """Seed of starting values and batches."""
    tower: TowerConfig = field(default_factory=TowerConfig)
    """Sizes of the small tower."""


@dataclass(frozen=True, slots=True)
class ValidateConfig:
    """How `m3w validate` trains and judges; the defaults are set for under four minutes on two quiet cores."""

    seed: int = 0
    """Seed of the trainings, the swaps and the bootstrap; compare two corpora over three."""
    steps: int = 500
    """Steps of the true model and of its control. Steps are fixed, never seconds: a busy machine judges alike."""
    budget: float = 1.0
    """Multiplies all steps and the documents taken: 2 trains twice as long."""
    documents: int = 3000
    """Most documents trained on, chosen by their keys."""
    held_out: int = 500
    """Most documents held out."""
    least: int = 250
    """Fewest documents of the validation split that are held out by host; else documents are held out by key."""
    undecided: int = 100
    """Fewer held-out documents than this decide nothing."""
    enough: int = 1000
    """With fewer documents to train on, a gain that was not reached decides nothing: the models may have overfitted."""
    side: int = 32
    """Side that pictures are squeezed into, px; the tower's side."""
    length: int = 128
    """Tokens of a window (paper: 256)."""
    pictures: int = 5
    """Most pictures of a window (paper: 5)."""
    near: int = 48
    """Tokens kept of the text after each picture."""
    vocabulary: int = 1024
    """Tokens of the tokenizer."""
    batch_tokens: int = 1024
    """Tokens of a batch."""
    rate: float = 3e-3
    """Learning rate of what is trained."""
    canary: float = 0.3
    """Steps of the canary, in those of the corpus: known good and known bad documents of the sample web, on which the
    same instrument is tried in every run; 0 leaves it out."""
    swaps: int = 4
    """How often other documents' pictures are drawn for the loss with swapped pictures."""
    least_gain: float = 0.02
    """Net gain, in nats a token, that a sound corpus must reach; effect size, not significance, decides.

    As `least_aligned`, found on the sample web, where every picture is described: other webs reach less."""
    least_aligned: float = 0.75
    """Share of pictures that must belong to the text after them, as the alignment scan finds."""
    most_leaked: float = 0.1
    """Share of held-out documents that may hold a picture, byte for byte, of a document trained on."""
    most_repeated: float = 0.1
    """Share of documents trained on that may hold nothing but pictures, byte for byte, of documents before them."""
    most_plain: float = 0.3
    """Share of pictures that may be of one colour all over."""
    model: ModelConfig = field(default_factory=lambda: ModelConfig(gate=0.5))
    """Sizes of what is trained; the gates start open, since half the gain of a short run hangs on it."""
    language: LanguageConfig = field(default_factory=LanguageConfig)
    """Sizes of the small language model, or the name of one that is pretrained."""
    tower: TowerConfig = field(default_factory=TowerConfig)
    """Sizes of the small vision tower."""
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    """How these two are trained first."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How `m3w train` trains; the defaults are for the small model."""

    out: str = ""
    """A local folder for the state, the measures and the model; "" is `train` in the build's own."""
    steps: int = 2000
    """Steps (paper: 500,000)."""
    rate: float = 1e-3
    """Learning rate after the warm-up, constant (paper: 1e-4)."""
    warm_up: int = 100
    """Steps in which the rate grows to that (paper: 5,000)."""
    decay: float = 0.1
    """Weight decay; none on the Resampler (paper: 0.1)."""
    clip: float = 1.0
    """Longest gradient (paper: 1)."""
    bf16: bool = True
    """Compute in bfloat16 where the hardware has it."""
    save_every: int = 200
    """Steps between two saved states."""
    batch: int = 16
    """Documents of a batch."""
    accumulate: int = 1
    """Batches of each corpus whose gradients are added up before a step."""
    weight: float = 1.0
    """Weight of the build's own gradients (paper: 1.0 for M3W)."""
    others: dict[str, float] = field(default_factory=dict)
    """Other builds trained on in every step, with their weights (paper: 0.2 for pairs, 0.03 for videos). A folder of
    videos, each beside a text of its name (`a.mp4`, `a.txt`), is one too: builds hold videos as references alone."""
    unfreeze: tuple[str, ...] = ()
    """Parts of the frozen models that learn too, as "language" or "vision.visual.transformer": fine-tuning."""
    start: str = ""
    """A checkpoint to start from, with its tokenizer and sizes; "" starts from nothing."""
    spread: Literal["ddp", "fsdp"] = "ddp"
    """Under torchrun: the model copied to every rank, or parted among them."""
    workers: int = 0
    """Processes that read; 0 reads in the training's own."""
    keep_features: float = 8.0
    """Most GB, of each rank, of a frozen tower's features that are kept on disk beside the training's state, so that it
    is asked once about each picture; those that came first stay. 0 asks it in every step."""
    length: int = 256
    """Tokens of a sequence (paper: 256)."""
    pictures: int = 5
    """Most pictures of a sequence (paper: 5)."""
    next_probability: float = 0.5
    """Share of documents whose text looks at the next picture instead of the last one (paper: 0.5)."""
    seed: int = 0
    """Seed of starting values and order."""
    validate: ValidateConfig = field(default_factory=ValidateConfig)
    """Sizes of the model, and how the two frozen models are trained first."""


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """How a task is asked."""

    shots: tuple[int, ...] = (0, 4, 8)
    """Numbers of examples shown before the question (paper: 0, 4, 8, 16, 32)."""
    support: Literal["random", "rices"] = "random"
    """Shots by chance, or those whose pictures are most alike the asked one, the most alike last (RICES)."""
    permutations: int = 1
    """Orders of the shots whose log-likelihoods are averaged: prompt ensembling (paper: 6)."""
    labels: Literal["right", "shuffled"] = "right"
    """Shuffled answers in the shots tell learning from them apart from finding the task."""
    queries: int = 200
    """Most questions asked."""
    beams: int = 3
    """Beams of open-ended answers (paper: 3)."""
    seed: int = 0
    """Seed of shots, orders and intervals."""


@dataclass(frozen=True, slots=True)
class CriticismConfig:
    """What `m3w criticise` trains and asks."""

    documents: int = 1200
    """Documents of drawn scenes that the models are trained on."""
    held_out: int = 150
    """Such documents that they are measured on."""
    steps: int = 400
    """Steps of each Flamingo."""
    doublings: int = 3
    """How often the corpus is halved for the curve of the loss over its size."""
    queries: int = 100
    """Questions of each task."""
    support: int = 300
    """Examples that may be shown, and on which the linear probe is fitted."""
    seed: int = 0
    """Seed of documents, trainings and questions."""
    validate: ValidateConfig = field(default_factory=lambda: ValidateConfig(batch_tokens=512))
    """Sizes of the models, and how the two frozen ones are trained first."""
