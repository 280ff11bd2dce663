# Two commands do all the set-up: `make quickstart` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: quickstart test lint types check docs bench clean

quickstart: $(VENV)/.core
	$(BIN)/m3w quickstart

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check m3w_builder tests tools
	$(BIN)/ruff format --check m3w_builder tests tools

types: $(VENV)/.dev
	$(BIN)/mypy

check: test lint types

docs: $(VENV)/.dev
	$(BIN)/mkdocs build

bench: $(VENV)/.dev
	$(BIN)/python tools/bench_all.py --json bench.json

$(VENV)/.core: pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "m3w needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
