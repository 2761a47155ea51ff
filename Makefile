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
.PHONY: help run demo test lint format types imports pytest coverage install install-program install-service build smoke crash soak benchmark benchmark-articles benchmark-scale constraints reference clean

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

# A test that hangs is ended, with what each of its threads was at.
PYTEST := $(BIN)/python -m pytest -o faulthandler_timeout=900 -o faulthandler_exit_on_timeout=true
# Real processes, servers and disks are at work: what fails (rc 1, not a run that was broken off) must pass by itself.
FAILED_ALONE := { [ $$? -eq 1 ] && echo "==> once more, by itself: what failed" \
  && $(PYTEST) --last-failed --last-failed-no-failures none; }

pytest: $(VENV)/.dev ## the tests, in random order: one process for each processor, then what must run alone
	$(PYTEST) --durations=25 -n auto --dist worksteal -m "not alone" || $(FAILED_ALONE)
	$(PYTEST) --durations=25 -m alone || $(FAILED_ALONE)

coverage: $(VENV)/.dev ## the tests, and which branches they leave out (takes half as long again)
	$(BIN)/coverage erase
	$(BIN)/python -m pytest --cov --cov-report=term

# Where `make install` puts things: for all users (as root), or MODE=user for one. DESTDIR stages for a package.
ifeq ($(shell id -u),0)
MODE ?= system
else
MODE ?= user
endif
ifeq ($(MODE),user)
PREFIX ?= $(HOME)/.local
SETTINGS ?= $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/aggregator
UNITS ?= $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/systemd/user
UNIT := aggregator-user.service
SYSTEMCTL := systemctl --user
else
PREFIX ?= /usr/local
SETTINGS ?= /etc/aggregator
UNITS ?= /etc/systemd/system
UNIT := aggregator.service
SYSTEMCTL := systemctl
endif
LIBRARY := $(PREFIX)/lib/aggregator

install: install-program install-service ## program, unit and first settings, for all users (as root) or one; or an upgrade
	@if [ -z "$(DESTDIR)" ] && command -v systemctl >/dev/null; then \
	  if [ "$(MODE)" = system ]; then systemd-sysusers '$(PREFIX)/lib/sysusers.d/aggregator.conf'; fi; \
	  $(SYSTEMCTL) daemon-reload && $(SYSTEMCTL) try-restart aggregator.service; \
	  echo "Start it, now and with the system: $(SYSTEMCTL) enable --now aggregator"; fi

# Beside the one that runs, and in its place only when it is whole and likes the configuration.
install-program: $(VENV)/.python
	rm -rf '$(DESTDIR)$(LIBRARY).new'
	$(PYTHON) -m venv '$(DESTDIR)$(LIBRARY).new'
	'$(DESTDIR)$(LIBRARY).new/bin/python' -m pip --disable-pip-version-check install --quiet -c constraints.txt '.[postgres]'
	@if [ -z "$(DESTDIR)" ] && [ -e '$(SETTINGS)/aggregator.toml' ]; then \
	  '$(LIBRARY).new/bin/python' -m aggregator --config '$(SETTINGS)' check; fi
	sed -i 's|$(DESTDIR)$(LIBRARY).new|$(LIBRARY)|g' $$(grep -lI '$(LIBRARY).new' '$(DESTDIR)$(LIBRARY).new'/bin/* \
	  '$(DESTDIR)$(LIBRARY).new'/pyvenv.cfg)
	rm -rf '$(DESTDIR)$(LIBRARY).old'
	if [ -e '$(DESTDIR)$(LIBRARY)' ]; then mv '$(DESTDIR)$(LIBRARY)' '$(DESTDIR)$(LIBRARY).old'; fi
	mv '$(DESTDIR)$(LIBRARY).new' '$(DESTDIR)$(LIBRARY)'
	install -d '$(DESTDIR)$(PREFIX)/bin'
	ln -sfn '$(LIBRARY)/bin/aggregator' '$(DESTDIR)$(PREFIX)/bin/aggregator'

# What its user has edited stays as it is, and what he has removed stays away.
install-service:
	install -d '$(DESTDIR)$(UNITS)'
	install -m 644 systemd/$(UNIT) '$(DESTDIR)$(UNITS)/aggregator.service'
	if [ $(MODE) = system ]; then install -D -m 644 systemd/aggregator.sysusers \
	  '$(DESTDIR)$(PREFIX)/lib/sysusers.d/aggregator.conf'; fi
	if [ ! -e '$(DESTDIR)$(SETTINGS)' ]; then \
	  install -d '$(DESTDIR)$(SETTINGS)' && cp -R config/. '$(DESTDIR)$(SETTINGS)' \
	  && chmod -R u=rwX,go=rX '$(DESTDIR)$(SETTINGS)'; fi

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

crash: $(VENV)/.dev ## 300 kills at random instants, each failing call of the system, a database locked for long: an hour
	AGGREGATOR_KILLS=$(or $(KILLS),300) AGGREGATOR_FAULTS=all AGGREGATOR_LOCKED=70 $(BIN)/python -m pytest \
	  tests/acceptance/test_crash.py tests/acceptance/test_trouble.py tests/integration/pipeline/test_faults.py

soak: $(VENV)/.dev ## a simulated week of 300 sources: what memory and open files do
	AGGREGATOR_SOAK_HOURS=$(or $(HOURS),168) $(BIN)/python -m pytest tests/acceptance/test_soak.py

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

# Set-up, once for each change of the two files.

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed, and '$(PYTHON)' is not one." >&2; \
	  echo "Install it (Debian: apt install python3 python3-venv) or name it: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. Debian: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e '.[postgres]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e '.[postgres,dev]'
	@touch $(VENV)/.run $@
