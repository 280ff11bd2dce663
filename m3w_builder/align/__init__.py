"""Stages between exchange 2 and writing: they see a document together with its pictures' bytes."""

from collections.abc import Mapping

from m3w_builder.align.flamingo import AskFlamingo
from m3w_builder.align.sample import Sample
from m3w_builder.align.similarity import Similarity

_ALL = (Similarity, AskFlamingo)

STAGES: Mapping[str, type] = {cls.name: cls for cls in _ALL}
"""The stages that a config's `align` may name."""

__all__ = ["STAGES", "AskFlamingo", "Sample", "Similarity"]
