"""Drops documents by words of lists: URLs that announce what they are, and texts full of listed words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.errors import ConfigError
from m3w_builder.stage import Drop
from m3w_builder.words import SPACELESS, words

OWN = Path(__file__).parent / "lists"
"""Our own lists, a file a subject and language: adult.en.txt."""

_ONE = re.compile(f"[{SPACELESS}]")


@dataclass(frozen=True, slots=True)
class BadWords:
    """Drops documents whose URL or text holds words of lists; whole words only, so that Sussex is no hit.

    In scripts that write no spaces a listed word is found wherever it stands.
    """

    name: ClassVar[str] = "bad_words"
    reasons: ClassVar[Mapping[str, str]] = {
        "url_word": "a word of url_words stands in the URL",
        "text_words": "more than max_share of the words are listed",
    }

    url_words: tuple[str, ...] = ("porn", "xxx", "sex", "nsfw")
    """Words that drop a page where they stand in its URL between marks, in any case (OBELICS bans porn, xxx and
    sex in picture URLs: arXiv 2306.16527, A.1.4, there also inside other words)."""
    lists: tuple[str, ...] = ()
    """Files of words, parted by spaces or line ends, any fsspec URL; or `adult` and `toxic` for the small lists that
    come with this package: English's, and that of the document's language where there is one."""
    max_share: float = 0.01
    """Largest share of listed words among a text's words (flagged words in OBELICS: 0.01)."""

    def check(self) -> None:
        """Read the lists; raises ConfigError where one is not there."""
        listed(self.lists, "en")

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        parts = set(re.split(r"[^a-z0-9]+", document.url.lower()))
        hit = next((word for word in self.url_words if word in parts), None)
        if hit:
            return Drop("url_word", hit)
        if not self.lists:
            return document
        share = listed_share(document.text, *listed(self.lists, document.language))
        if self.lists:
            document.scores["listed_words"] = share
        if share > self.max_share:
            return Drop("text_words", f"{share:.1%} of the words", share, self.max_share)
        return document


def listed_share(text: str, whole: frozenset[str], anywhere: tuple[str, ...]) -> float:
    """The share of a text's words that are listed; `anywhere` are words of scripts without spaces."""
    lower = text.lower()
    tokens = words(lower)
    found = sum(token in whole for token in tokens)
    found += sum(lower.count(word) * len(word) for word in anywhere)
    return found / max(1, len(tokens))


@lru_cache(maxsize=64)
def listed(lists: tuple[str, ...], language: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words of some lists in lower case: those that are words by themselves, and those of scripts without spaces.

    Lines that begin with # are comments. Raises ConfigError where a list is not there.
    """
    found: set[str] = set()
    for name in lists:
        for text in _texts(name, language):
            lines = (line for line in text.splitlines() if not line.startswith("#"))
            found.update(word.lower() for line in lines for word in line.split())
    anywhere = {word for word in found if _ONE.search(word)}
    return frozenset(found - anywhere), tuple(sorted(anywhere))


def is_own(name: str) -> bool:
    """Whether this names a list that comes with the package, and no file."""
    return "/" not in name and "." not in name


def _texts(name: str, language: str) -> list[str]:
    """A list's text; of our own lists those of English and of the language."""
    if is_own(name):
        own = [OWN / f"{name}.{one}.txt" for one in dict.fromkeys(("en", language or "en"))]
        texts = [path.read_text("utf-8") for path in own if path.is_file()]
        if not texts:
            raise ConfigError(f"lists: there is no list '{name}' here; adult and toxic are, others want a path")
        return texts
    try:
        return [storage.read_bytes(name).decode()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"lists: '{name}' is no list of words that can be read ({type(error).__name__})") from None
