"""Shards: webdataset tars of whole samples with their indexes beside each; written, checked, read."""

from m3w_builder.shards.check import Checked, Shape, check, shape
from m3w_builder.shards.config import ShardsConfig
from m3w_builder.shards.read import read_sample, read_text, samples
from m3w_builder.shards.spread import spread
from m3w_builder.shards.write import (
    INDEX,
    Prepared,
    Shard,
    name_parts,
    prepared,
    size_of,
    split_of,
    totals,
    write,
    write_prepared,
)

__all__ = [
    "INDEX",
    "Checked",
    "Prepared",
    "Shape",
    "Shard",
    "ShardsConfig",
    "check",
    "name_parts",
    "prepared",
    "read_sample",
    "read_text",
    "samples",
    "shape",
    "size_of",
    "split_of",
    "spread",
    "totals",
    "write",
    "write_prepared",
]
