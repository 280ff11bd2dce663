"""Sentences from a grammar table: one `Tongue` a language, one `Writer` a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from m3w_builder.sampleweb.scene import Scene

_SLOT = re.compile(r"\{(\w+)\}")

CAST = {"person": 4, "town": 2, "place": 4, "topic": 2}
"""How many people, towns, places and topics one page speaks of: as real pages do, it stays with its subject."""

Rules = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Tongue:
    """A language: its rules, how it names what a scene shows, and the words of a site's furniture.

    Rules that every language has: `title`, `intro`, `scene` and `scene_alone` (with and without a
    second thing), `caption` and `caption_alone`, `remark`, `closing`, `heading`. `phrases` gives a
    scene's slots: main, second, ground, side. `joint` stands between sentences.
    """

    code: str
    rules: Rules
    phrases: Callable[[Scene], dict[str, str]]
    labels: Mapping[str, str]
    joint: str = " "
    direction: str = "ltr"


@dataclass(slots=True)
class Writer:
    """Writes one page's sentences; no form of sentence comes twice before all forms have come once."""

    tongue: Tongue
    rng: Random
    bags: dict[str, list[str]] = field(default_factory=dict)
    cast: dict[str, list[str]] = field(default_factory=dict)

    def write(self, rule: str, slots: Mapping[str, str] | None = None) -> str:
        """One sentence by a rule, with a capital where the script has them."""
        bag = self.bags.get(rule)
        if not bag:
            bag = self.bags[rule] = self.rng.sample(self.tongue.rules[rule], len(self.tongue.rules[rule]))
        text = self._fill(bag.pop(), slots or {})
        return text[:1].upper() + text[1:]

    def paragraph(self, *rules: str) -> str:
        return self.tongue.joint.join(self.write(rule) for rule in rules)

    def describe(self, scene: Scene, rule: str = "scene") -> str:
        """One sentence that tells what the picture shows."""
        return self.write(rule if scene.side else f"{rule}_alone", self.tongue.phrases(scene))

    def _fill(self, text: str, slots: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in slots:
                return slots[name]
            if name in CAST and name not in self.cast:
                self.cast[name] = self.rng.sample(
                    self.tongue.rules[name], min(CAST[name], len(self.tongue.rules[name]))
                )
            return self._fill(self.rng.choice(self.cast.get(name) or self.tongue.rules[name]), slots)

        return _SLOT.sub(value, text)
