# What one does with a checkout. Each verb does its own set-up: Python 3.11 or later with venv and make are all it needs.
#   make PYTHON=python3.12 …   uses another interpreter       make VENV=/elsewhere …   another place for the packages

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; exit; }; done; \
  echo python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SMOKE := build/smoke

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run demo test lint format types imports pytest coverage build smoke benchmark benchmark-articles benchmark-scale constraints reference clean

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 27

run: $(VENV)/.run ## set up, then run the daemon on config/; the output lands in feeds/
	$(BIN)/aggregator --config config --state . run

demo: $(VENV)/.run ## set up, then run the daemon on a small news web of its own, without internet
	$(BIN)/aggregator demo --feeds feeds

test: lint types imports smoke pytest ## everything that must hold before a change is sent

lint: $(VENV)/.dev ## style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## rewrite the files in the house's format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## strict typing
	$(BIN)/mypy

imports: $(VENV)/.dev ## the layers: who may import whom
	$(BIN)/lint-imports --no-cache --no-logo

pytest: $(VENV)/.dev ## the tests alone, in random order
	$(BIN)/python -m pytest --durations=25

coverage: $(VENV)/.dev ## the tests, and which branches they leave out (takes half as long again)
	$(BIN)/coverage erase
	$(BIN)/python -m pytest --cov --cov-report=term

build: $(VENV)/.dev ## source archive and wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .

smoke: build ## install the built wheel into an empty environment and run it there
	rm -rf $(SMOKE)
	$(PYTHON) -m venv $(SMOKE)
	$(SMOKE)/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt dist/*.whl
	sh tests/smoke.sh $(CURDIR)/$(SMOKE)/bin/aggregator

benchmark: $(VENV)/.dev ## the figures: time of a first run, memory of an idle daemon
	$(BIN)/python -m tests.benchmarks

benchmark-articles: $(VENV)/.dev ## extraction against plain trafilatura: precision, recall, CPU, memory of a worker
	$(BIN)/python -m tests.benchmarks extraction memory

benchmark-scale: $(VENV)/.dev ## what only shows in a large archive: takes minutes and a few GB in the temporary folder
	$(BIN)/python -m tests.benchmarks archive lookups-scale

constraints: ## look for newer versions and write them to constraints.txt
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip --disable-pip-version-check install --quiet -e '.[postgres,dev]'
	{ sed -n '/^#/p' constraints.txt; \
	  build/constraints/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

reference: $(VENV)/.dev ## write config/REFERENCE.md and aggregator/cli/REFERENCE.md anew, from the code
	$(BIN)/python -m tests.support.reference

clean: ## remove everything that can be made again; feeds/ and the database stay
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find aggregator tests -name __pycache__ -prune -exec rm -rf {} +

# Set-up, once for each change of the two files. Without isolation pip needs hatchling beforehand, pinned like the rest.

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed, and '$(PYTHON)' is not one." >&2; \
	  echo "Install it (Debian: apt install python3 python3-venv) or name it: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. Debian: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt hatchling
	$(PIP) install --quiet -c constraints.txt --no-build-isolation -e '.[postgres]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt hatchling
	$(PIP) install --quiet -c constraints.txt --no-build-isolation -e '.[postgres,dev]'
	@touch $(VENV)/.run $@
