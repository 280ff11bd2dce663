"""What counts as a duplicate, and which copy stays."""

from __future__ import annotations

from typing import Literal

from m3w_builder.classes import dataclass


@dataclass(frozen=True)
class DedupConfig:
    """Settings of both exchanges."""

    urls: bool = True
    """Drop all but one of the pages that share a canonical URL."""
    texts: bool = True
    """Drop all but one of the pages whose text is the same up to case and white space."""
    near_texts: bool = True
    """Drop pages whose texts share most of their word sequences (MinHash)."""
    min_jaccard: float = 0.8
    """Least share of word sequences, as the signatures of two pages tell it, at which they are near duplicates
    (0.8: MassiveText, from which M3W's text rules come, arXiv 2112.11446, A.1; OmniCorpus, arXiv 2406.08418); to 0.05
    or so. The bands find who is asked: they must find half of the pairs that are just as alike. 0 asks none but
    the bands (FineWeb)."""
    minhash_bands: int = 14
    """Bands of a MinHash signature; pages that agree on one are compared. 14 bands of 8 find 92 % of the
    pairs that share 80 % of their shingles and 5 % of those that share half (FineWeb, arXiv 2406.17557, 3.4)."""
    minhash_rows: int = 8
    """Permutations a band: more is stricter."""
    minhash_words: int = 5
    """Words a shingle (FineWeb: 5); characters, in scripts that write no spaces."""
    keep_page: Literal["longest", "most_pictures", "earliest", "any"] = "longest"
    """Which of the duplicate pages stays: most text, most pictures, first fetched, or any (by a hash)."""
    contained: float = 0.0
    """Drop pages of whose words so large a share stands in paragraphs that better pages have too (by `keep_page`):
    copies of a part as of a whole. 0.8 is the share of repeated n-grams at which MINT-1T drops (arXiv 2406.11271). A
    key for each paragraph of 20 words or more; 0 drops none."""
    groups: Literal["components", "neighbours"] = "components"
    """What becomes of what is alike in a chain, of pages by text and of pictures by look: all of a connected group go
    but the best of it, whether that is like each of them or not; or those alone that are themselves like a better one,
    so that in a chain more than one may stay, never two that are alike. Both are the same for any order and partitions.
    """
    lines_per_host: int = 0
    """Lines of prose that stand on so many documents of one host, or more, are taken out of all of these (3: OBELICS,
    arXiv 2306.16527, A.2.3); copies of one page count once; 0 keeps all."""
    max_documents_per_picture: int = 10
    """Pictures whose URL stands on more documents than this are logos, icons and the like and go before they
    are fetched (10: OBELICS, arXiv 2306.16527, A.1.4); copies of one page count once; 0 is no limit."""
    max_hosts_per_picture: int = 0
    """Pictures whose URL stands on pages of more hosts than this go before they are fetched: buttons, badges,
    counters; 0 is no limit."""
    same_pictures: int = 0
    """Drop all but one of the pages whose pictures are, by their bytes, the same set, where that has at least so many
    (1: OBELICS, arXiv 2306.16527, A.2.3); 0 drops none."""
    pictures: bool = True
    """Drop all but one of the pictures with the same bytes."""
    pixels: bool = True
    """Drop all but one of the pictures with the same pixels, whatever format and metadata they came in."""
    near_pictures: bool = True
    """Drop pictures that look the same: hashes within `max_distance` bits."""
    near_hash: Literal["both", "phash", "dhash"] = "both"
    """By frequencies or by gradients, each bit for bit imagededup's; or by either: then gradients count where the
    hashes of frequencies too are within three times `max_distance`."""
    max_distance: int = 4
    """Largest Hamming distance, of 64 bits, at which two pictures are the same one, 0 to 8; every pair is found.
    Keys a picture and hash grow as distance + 1, comparisons faster than that."""
    near_embeddings: bool = False
    """Drop pictures whose embeddings point the same way, as the filter `embedding` of `pictures.filters` finds them:
    crops, mirror images, other scans, as far as its model sees them as one."""
    max_embedding_distance: int = 4
    """Largest Hamming distance, of the 64 signs that stand for an embedding, at which two pictures are one, 0 to 8;
    vectors at an angle of a differ in 64 a / 180° of them on average (4: cosine 0.98)."""
    pictures_within: Literal["corpus", "host", "document"] = "corpus"
    """Among which pictures duplicates are sought: all, those of one host, or those of one document (MMC4)."""
    max_documents_per_look: int = 0
    """Pictures of one perceptual hash that stand on more documents than this go everywhere, under whatever URLs and
    bytes (10: OmniCorpus, arXiv 2406.08418); 0 is no limit."""
    max_hosts_per_look: int = 0
    """Pictures of one perceptual hash that stand on more hosts than this go everywhere; 0 is no limit."""
    keep_picture: Literal["largest", "earliest", "any"] = "largest"
    """Which of the duplicate pictures stays: that with most pixels, on the page fetched first, or any (by a hash)."""

    def __post_init__(self) -> None:
        for name in ("max_distance", "max_embedding_distance"):
            if not 0 <= getattr(self, name) <= 8:
                raise ValueError(f"{name} is {getattr(self, name)}, wants 0 to 8")
        if min(self.minhash_bands, self.minhash_rows, self.minhash_words) < 1:
            raise ValueError("minhash_bands, minhash_rows and minhash_words want 1 or more")
        self._check_bands()
        for name in (
            *("max_documents_per_picture", "max_hosts_per_picture", "lines_per_host", "same_pictures"),
            *("max_documents_per_look", "max_hosts_per_look"),
        ):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, wants 0 or more")
        if not 0 <= self.contained <= 1:
            raise ValueError(f"contained is {self.contained}, wants 0 to 1")
        if self.lines_per_host == 1:
            raise ValueError("lines_per_host is 1, wants 2 or more, or 0: every line stands on one document")

    def _check_bands(self) -> None:
        if not 0 <= self.min_jaccard <= 1:
            raise ValueError(f"min_jaccard is {self.min_jaccard}, wants 0 to 1")
        found = found_by(self.min_jaccard, self.minhash_bands, self.minhash_rows)
        if not self.near_texts or not self.min_jaccard or found >= 0.5:
            return
        all_rows = self.minhash_bands * self.minhash_rows
        rows = max(
            (r for r in range(1, self.minhash_rows) if found_by(self.min_jaccard, all_rows // r, r) >= 0.5), default=1
        )
        raise ValueError(
            f"min_jaccard is {self.min_jaccard}, and minhash_bands {self.minhash_bands} of minhash_rows "
            f"{self.minhash_rows} find only {found:.0%} of the pairs that are so alike: take {all_rows // rows} bands "
            f"of {rows}"
        )


def found_by(jaccard: float, bands: int, rows: int) -> float:
    """The share of pairs of such likeness that agree on a whole band at least."""
    return 1 - (1 - jaccard**rows) ** bands
