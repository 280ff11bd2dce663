"""The reference Flamingo: the model, its training and evaluation, and the evidence that it gives about a corpus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from m3w_builder.flamingo.config import ValidateConfig

if TYPE_CHECKING:
    from m3w_builder.flamingo.evidence import Verdict


def validate(build: str, config: ValidateConfig, echo: Callable[[str], None] = print) -> Verdict:
    """Judge a build's shards by training on them; what `m3w validate` calls. Raises BuildError without shards."""
    from m3w_builder.flamingo import validation  # torch takes seconds to import

    return validation.validate(build, config, echo)
