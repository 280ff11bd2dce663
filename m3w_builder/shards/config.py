"""How samples are written."""

from __future__ import annotations

from m3w_builder.classes import dataclass


@dataclass(frozen=True, slots=True)
class ShardsConfig:
    """Settings of pass 3."""

    target_mb: int = 512
    """About how many megabytes a tar has: what a bundle of partitions gives is shared out evenly among its tars."""
    bundle: int = 4
    """Partitions are bundled until they fill so many tars: their pages are mixed, and leave no small tars behind."""
    validation: float = 0.05
    """Share of the hosts, by a hash of their names, whose documents are the validation split: no host is in both."""
    seed: int = 0
    """Seed of the order in a bundle, which sets the pages of one host apart."""

    search_texts: bool = True
    """Whether `m3w browse` can search in whole texts: their words stand in an index beside each shard, about four
    fifths of the texts' bytes. `false`: it searches in titles and addresses alone; filters are the same."""

    def __post_init__(self) -> None:
        if self.target_mb < 1 or self.bundle < 1:
            raise ValueError(f"target_mb is {self.target_mb} and bundle {self.bundle}; both want 1 or more")
        if not 0 <= self.validation < 1:
            raise ValueError(f"validation is {self.validation}, wants 0 to less than 1")
