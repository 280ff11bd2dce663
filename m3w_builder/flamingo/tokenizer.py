"""A byte-level BPE tokenizer, trained on the corpus, with the marks that interleaved text needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PAD = "<pad>"
END_OF_TEXT = "<|endoftext|>"
IMAGE = "<image>"
END_OF_CHUNK = "<|endofchunk|>"
SPECIAL = (PAD, END_OF_TEXT, IMAGE, END_OF_CHUNK)
"""Padding; what begins and ends a document; a picture's place; what stands before each picture and at the end."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Text to token numbers and back; `core` is a `tokenizers.Tokenizer`."""

    core: Any

    def encode(self, text: str) -> list[int]:
        """The tokens of plain text. Marks that stand in it are text like any other: pages can't forge a picture."""
        for mark in SPECIAL:
            text = text.replace(mark, mark[:1] + " " + mark[1:])
        return self.core.encode(text, add_special_tokens=False).ids  # type: ignore[no-any-return]

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """As `encode`, many at once."""
        safe = []
        for text in texts:
            for mark in SPECIAL:
                text = text.replace(mark, mark[:1] + " " + mark[1:])
            safe.append(text)
        return [encoding.ids for encoding in self.core.encode_batch(safe, add_special_tokens=False)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token numbers, marks left out."""
        return self.core.decode(list(ids), skip_special_tokens=True)  # type: ignore[no-any-return]

    def id(self, mark: str) -> int:
        """The number of one of `SPECIAL`; raises KeyError for a token that there is not."""
        number = self.core.token_to_id(mark)
        if number is None:
            raise KeyError(mark)
        return int(number)

    @property
    def size(self) -> int:
        """How many tokens there are, marks included."""
        return int(self.core.get_vocab_size())

    @property
    def pad(self) -> int:
        return self.id(PAD)

    @property
    def end_of_text(self) -> int:
        return self.id(END_OF_TEXT)

    @property
    def image(self) -> int:
        return self.id(IMAGE)

    @property
    def end_of_chunk(self) -> int:
        return self.id(END_OF_CHUNK)

    def to_json(self) -> str:
        return self.core.to_str()  # type: ignore[no-any-return]


def train_tokenizer(texts: Iterable[str], size: int = 2048) -> Tokenizer:
    """A tokenizer of at most `size` tokens; every byte has one, so that nothing is unknown in any language."""
    from tokenizers import Tokenizer as Core
    from tokenizers import decoders, models, pre_tokenizers, trainers

    core = Core(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return Tokenizer(core)


def load_tokenizer(text: str) -> Tokenizer:
    """The reverse of `to_json`."""
    from tokenizers import Tokenizer as Core

    return Tokenizer(Core.from_str(text))
