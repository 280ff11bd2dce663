"""Tests of the canary: its documents are known, and a corpus is not judged where it fails."""

from __future__ import annotations

from m3w_builder.flamingo import canary
from m3w_builder.flamingo.evidence import canary_died


def test_documents_are_the_same_for_a_seed_and_each_picture_is_told_of_after_it() -> None:
    first, again, other = (canary.corpus(3, 6, seed) for seed in (0, 0, 1))
    assert [page.pieces for page in first.pages] == [page.pieces for page in again.pages]
    assert [page.pieces for page in first.pages] != [page.pieces for page in other.pages]
    for page in first.pages:
        assert [isinstance(piece, int) for piece in page.pieces[1:]] == [True, False] * (len(page.pieces) // 2)
    assert first.array.shape[1:] == (3, canary.SIDE, canary.SIDE)


def test_it_lives_where_known_good_gains_and_known_bad_does_not() -> None:
    def trial(good: float, low: float, bad: float) -> dict[str, object]:
        return {"good": {"nats": good, "low": low}, "bad": {"nats": bad, "low": 0.0}}

    assert not canary_died(None) and not canary_died(trial(0.07, 0.06, 0.001))
    for dead in (trial(0.07, 0.06, 0.05), trial(0.01, -0.01, 0.0)):
        assert "the canary failed" in canary_died(dead)
