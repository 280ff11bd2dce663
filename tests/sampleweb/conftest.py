"""One small sample web for all tests of this folder."""

import json

import pytest

from m3w_builder import sampleweb


@pytest.fixture(scope="session")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    sampleweb.generate(folder, pages=150, seed=3, processes=1)
    return folder


@pytest.fixture(scope="session")
def truth(web):
    return json.loads((web / "truth.json").read_text())
