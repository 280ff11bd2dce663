"""Factors are those of scikit-learn, and weights too."""

from collections import Counter

import numpy as np

from m3w_builder.report import factors


def counted(number: int) -> list[Counter[str]]:
    chance = np.random.default_rng(3)
    words = [f"w{place}" for place in range(60)]
    return [Counter(chance.choice(words[of : of + 20], 40)) for of in chance.integers(0, 3, number) * 20]


def dense(table: factors.Table) -> np.ndarray:
    return table @ np.eye(table.shape[1])


def test_weights_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = counted(90)
    table, names = factors.weighed(counts, 4, 0.5, 4000)
    peer = TfidfVectorizer(analyzer=lambda one: one.elements(), min_df=4, max_df=0.5, sublinear_tf=True)
    wanted = peer.fit_transform(counts)
    assert names == list(peer.get_feature_names_out())
    np.testing.assert_allclose(dense(table), wanted.toarray())


def test_factors_come_as_near_as_those_of_scikit_learn():
    from sklearn.decomposition import NMF

    table, _ = factors.weighed(counted(90), 4, 0.5, 4000)
    left, right = factors.factors(table, 3)
    assert left.min() >= 0
    assert right.min() >= 0
    peer = NMF(3, init="nndsvd", random_state=0, max_iter=500, tol=1e-3).fit(dense(table))
    assert np.linalg.norm(dense(table) - left @ right.T) <= peer.reconstruction_err_ * 1.001
