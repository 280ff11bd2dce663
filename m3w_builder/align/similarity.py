"""How well pictures and texts of a document fit, by any open_clip model: the matrix, the assignment, the filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from m3w_builder import clip
from m3w_builder.align import assign
from m3w_builder.align.sample import Sample
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Text
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Similarity:
    """Gives each picture its similarity to every text of its document, and the text that it belongs to.

    Pictures keep their place on the page; `matched` is the second order (MMC4's, arXiv 2304.06939), and a loader may
    take either. OmniCorpus (arXiv 2406.08418) found the first better for autoregressive models and the second for
    cross-attention ones.
    """

    name: ClassVar[str] = "similarity"
    reasons: ClassVar[Mapping[str, str]] = {
        "undecodable": "the whole picture cannot be decoded, though its reduced scale could",
        "dissimilar": "no text of the document is as similar as min_similarity",
        "poor_match": "the text that the picture belongs to is less similar than min_matched",
        "few_matches": "fewer than min_share of the pictures are as similar to their texts as share_above",
    }

    model: str
    """Name of the model, as open_clip has it (ViT-L-14 for MMC4's), `local-dir:FOLDER` or `hf-hub:OWNER/NAME`."""
    weights: str = ""
    """Tag of pretrained weights (openai for MMC4's), or the path of a file."""
    match: Literal["bipartite", "best", "page"] = "bipartite"
    """MMC4's linear assignment, one picture a text; the most similar text; or the text that follows on the page."""
    sentences: bool = True
    """A text is as similar as its best sentence; else its first words alone are read, as many as the model takes."""
    min_similarity: float = 0.0
    """Pictures go that are less similar to every text, cosine, -1 to 1 (MMC4: 0.15 by ViT-L/14); 0 keeps all."""
    min_matched: float = 0.0
    """Pictures go that are less similar to the text they belong to (open_flamingo trains from 0.24); 0 keeps all."""
    share_above: float = 0.25
    """What counts as a good match for `min_share`, cosine (MMC4's core set: 0.25)."""
    min_share: float = 0.0
    """Documents go of which a lesser share of pictures match well (MMC4's core set: 0.75); 0 keeps all."""
    matrix: bool = True
    """Keep the whole matrix in the sample, not only each picture's match."""
    batch: int = 64
    """Pictures, or texts, that the model is given at once."""
    device: str = "auto"
    """Where the model runs: cpu, cuda, cuda:1; auto takes a GPU where there is one. One model a worker."""
    precision: str = "fp32"
    """How the model computes, as open_clip names it: fp32, fp16, bf16, amp."""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"batch is {self.batch}, wants 1 or more")
        if not 0 <= self.min_share <= 1:
            raise ValueError(f"min_share is {self.min_share}, wants 0 to 1")

    def check(self) -> None:
        """Load the model; raises ConfigError where that cannot be."""
        clip.load(self.model, self.weights, self.device, self.precision)

    def __call__(self, batch: Sequence[Sample], /) -> list[Sample | Drop]:
        """Pictures of all the documents go through the model together, and so do their texts."""
        model = clip.load(self.model, self.weights, self.device, self.precision)
        vectors = model.pictures([body for one in batch for body in one.bodies], self.batch)
        owned = [self._texts(one.document) for one in batch]
        spoken = model.texts([text for texts, _ in owned for text in texts], self.batch)
        answers: list[Sample | Drop] = []
        seen = said = 0
        for one, (texts, owners) in zip(batch, owned, strict=True):
            mine = vectors[seen : seen + len(one.bodies)]
            seen, said = seen + len(one.bodies), said + len(texts)
            bad = {
                place: Drop("undecodable", one.document.images[place].format)
                for place, vector in enumerate(mine)
                if vector is None
            }
            one.take_out(bad)
            good = [vector for vector in mine if vector is not None]
            number = sum(isinstance(item, Text) for item in one.document.items)
            matrix = np.zeros((len(good), number), np.float32)
            if good and texts:
                scores = np.stack(good) @ spoken[said - len(texts) : said].T
                matrix = assign.by_text(scores, owners, number)
            answers.append(self.judge(one, matrix))
        return answers

    def _texts(self, document: Document) -> tuple[list[str], list[int]]:
        """What of a document's texts the model reads, and which text each part is of."""
        parts: list[str] = []
        owners: list[int] = []
        for place, item in enumerate(item for item in document.items if isinstance(item, Text)):
            found = assign.sentences(item.text) if self.sentences else [item.text]
            parts += found
            owners += [place] * len(found)
        return parts, owners

    def judge(self, one: Sample, matrix: NDArray[np.float32]) -> Sample | Drop:
        """Write the similarities, (pictures, texts), onto the pictures, and drop by the thresholds."""
        if not one.bodies:
            return one
        # Four digits: what the last bits are depends on how many pictures went through the model together.
        matrix = matrix.round(4)
        match self.match:
            case "bipartite":
                matched = assign.bipartite(matrix)
            case "best":
                matched = assign.best(matrix)
            case _:
                matched = assign.following(one.document)
        gone: dict[int, Drop] = {}
        similar = []
        for place, (image, row, text) in enumerate(zip(one.document.images, matrix, matched, strict=True)):
            values = [round(float(value), 4) for value in row]
            top, fit = (max(values), values[text]) if text >= 0 else (0.0, 0.0)
            image.matched, image.scores["similarity"] = text, fit
            image.similarities = values if self.matrix else []
            if self.min_similarity and top < self.min_similarity:
                gone[place] = Drop("dissimilar", f"{top:.3f}", top, self.min_similarity)
            elif self.min_matched and fit < self.min_matched:
                gone[place] = Drop("poor_match", f"{fit:.3f}", fit, self.min_matched)
            else:
                similar.append(fit)
        one.take_out(gone)
        if similar:
            one.document.scores["similarity"] = sum(similar) / len(similar)
            share = sum(fit > self.share_above for fit in similar) / len(similar)
            if share < self.min_share:
                return Drop("few_matches", f"{share:.0%} of {len(similar)} pictures", share, self.min_share)
        return one
