"""What counts as a duplicate, and which copy stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DedupConfig:
    """Settings of both exchanges."""

    urls: bool = True
    """Drop all but one of the pages that share a canonical URL."""
    texts: bool = True
    """Drop all but one of the pages whose text is the same up to case and white space."""
    near_texts: bool = True
    """Drop pages whose texts share most of their word sequences (MinHash)."""
    minhash_bands: int = 14
    """Bands of a MinHash signature; pages that agree on one are near duplicates. 14 bands of 8 find 92 % of the
    pairs that share 80 % of their shingles and 5 % of those that share half (FineWeb, arXiv 2406.17557, 3.4)."""
    minhash_rows: int = 8
    """Permutations a band: more is stricter."""
    minhash_words: int = 5
    """Words a shingle (FineWeb: 5); characters, in scripts that write no spaces."""
    keep_page: Literal["longest", "most_pictures", "earliest", "any"] = "longest"
    """Which of the duplicate pages stays: most text, most pictures, first fetched, or any (by a hash)."""
    max_documents_per_picture: int = 10
    """Pictures whose URL stands on more documents than this are logos, icons and the like and go before they
    are fetched (10: OBELICS, arXiv 2306.16527, A.1.4); copies of one page count once; 0 is no limit."""
    pictures: bool = True
    """Drop all but one of the pictures with the same bytes."""
    near_pictures: bool = True
    """Drop pictures that look the same: perceptual hashes within `max_distance` bits."""
    max_distance: int = 4
    """Largest Hamming distance, of 64 bits, at which two pictures are the same one, 0 to 8; every pair is found.
    Keys a picture grow as distance + 1, comparisons faster than that."""
    keep_picture: Literal["largest", "any"] = "largest"
    """Which of the duplicate pictures stays: the one with most pixels, or any (by a hash)."""

    def __post_init__(self) -> None:
        if not 0 <= self.max_distance <= 8:
            raise ValueError(f"max_distance is {self.max_distance}, wants 0 to 8")
        if min(self.minhash_bands, self.minhash_rows, self.minhash_words) < 1:
            raise ValueError("minhash_bands, minhash_rows and minhash_words want 1 or more")
        if self.max_documents_per_picture < 0:
            raise ValueError(f"max_documents_per_picture is {self.max_documents_per_picture}, wants 0 or more")
