"""Stages between exchange 2 and writing: they see a document together with its pictures' bytes."""

from m3w_builder.align.sample import Sample
from m3w_builder.stage import Catalogue

STAGES = Catalogue(__name__, {"similarity": "similarity:Similarity", "flamingo": "flamingo:AskFlamingo"})
"""The stages that a config's `align` may name."""

__all__ = ["STAGES", "Sample"]
