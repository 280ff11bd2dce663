"""One compiled module comes without its package, and does what it does within it."""

import subprocess
import sys

import numpy as np
import pytest

from m3w_builder import extension
from m3w_builder.dedup import sinks
from m3w_builder.report import factors

ALONE = """
import sys
import numpy as np
from m3w_builder.dedup.sinks import Groups
from m3w_builder.pictures.hashes import phash
from m3w_builder.report import factors
phash(np.zeros((40, 40, 3), np.uint8))
groups = Groups(3)
groups.add(np.array([1]), np.array([0]), np.array([2]))
groups.settled()
factors.Table(np.ones(1), np.array([0]), np.array([0, 1]), (1, 1)) @ np.ones((1, 1))
print(sorted({"scipy.fft", "scipy.sparse", "scipy.special", "sklearn"} & set(sys.modules)))
import scipy.fft, scipy.sparse
print(scipy.fft.dct([1.0, 0.0]).shape, (scipy.sparse.eye_array(2) @ np.ones((2, 2))).sum())
"""


def test_hashes_groups_and_topics_import_no_large_package_and_leave_it_whole():
    out = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["[]", "(2,) 4.0"]


@pytest.mark.parametrize("name", ["scipy.sparse._no_such_module", "no_such_package.inner"])
def test_what_is_not_there_is_an_import_error(name: str):
    with pytest.raises(ImportError, match=name):
        extension.load(name)


def test_a_product_is_that_of_scipy(monkeypatch: pytest.MonkeyPatch):
    chance = np.random.default_rng(4)
    dense = chance.random((30, 20)) * (chance.random((30, 20)) < 0.2)
    rows, columns = np.nonzero(dense)
    table = factors.Table(dense[rows, columns], columns, np.searchsorted(rows, np.arange(31)), (30, 20))
    right, left = chance.random((20, 3)), chance.random((30, 3))
    np.testing.assert_allclose(table @ right, dense @ right)
    np.testing.assert_allclose(table.turned() @ left, dense.T @ left)
    assert np.array_equal(table @ right, factors._plain_product(table, right))


@pytest.mark.parametrize(("size", "links"), [(1, 0), (40, 25), (300, 290), (300, 2000)])
def test_leads_are_the_least_of_connected_components(size: int, links: int):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = np.random.default_rng(size + links).integers(0, size, (2, links))
    part = connected_components(coo_array((np.ones(links), (one, other)), (size, size)), directed=False)[1]
    assert np.array_equal(sinks._leads(one, other, size), [np.flatnonzero(part == mine)[0] for mine in part])


def test_a_long_chain_is_one_group():
    order = np.random.default_rng(0).permutation(5000)
    assert not sinks._leads(order[1:], order[:-1], 5000).any()
