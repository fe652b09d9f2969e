# Reconduit's commands. `make` alone prints them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Most tests wait for services more than they compute; each worker starts services of its own when it needs them.
WORKERS ?= 3
# When make itself is killed, the command gets SIGTERM and stops what it started.
BOUND := $(if $(shell command -v setpriv 2>/dev/null),setpriv --pdeathsig=TERM --,)
# One stamp per content of the pins: a second `make setup` has nothing to do.
PINS := requirements/dev.txt
STAMP := $(VENV)/.installed-$(firstword $(shell cksum < $(PINS)))

.DEFAULT_GOAL := help
.PHONY: help setup demo services test test-unit browser lint types format bench bench-libraries bench-accuracy fuzz clean

help: ## print this list
	@echo "usage: make COMMAND [ARGS=\"...\"]"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(STAMP) ## install everything into .venv (about a minute the first time, instant afterwards)

$(STAMP): $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "[setup] Reconduit needs Python 3.11 or newer; say which with: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "[setup 1/4] creating $(VENV) (about 5 s) ..."
	@$(PYTHON) -m venv $(VENV)
	@echo "[setup 2/4] installing $$(grep -c '==' $(PINS)) packages (about 40 s the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(PINS)
	@echo "[setup 3/4] making this checkout importable ..."
	@pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/reconduit-checkout.pth"
	@printf '#!/bin/sh\nexec "%s/python" -m reconduit "$$@"\n' "$(CURDIR)/$(BIN)" > $(BIN)/reconduit && chmod +x $(BIN)/reconduit
	@echo "[setup 4/4] compiling ..."
	@$(BIN)/python -m compileall -q api consumers deploy producers reconciler reconduit schemas
	@rm -f $(VENV)/.installed-* && touch $@
	@echo "[setup] done"

demo: setup ## reconcile a world of payments on local services, with a web page (ARGS="--once --json FILE")
	@exec $(BOUND) $(BIN)/python -m reconduit demo $(ARGS)

services: setup ## run Kafka, PostgreSQL and SFTP until Ctrl-C, for work on Reconduit (ARGS="--brokers 3")
	@exec $(BOUND) $(BIN)/python -m reconduit services $(ARGS)

test: setup lint types browser ## all checks and all tests (ARGS="-k name", WORKERS=0 for one at a time)
	@echo "[test] pytest ..."
	@exec env CI=$${CI:-1} $(BOUND) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-unit: setup ## the fast tests, which need no service (ARGS="-k name")
	@exec $(BOUND) $(BIN)/python -m pytest tests/unit -m "not slow and not integration and not e2e" $(ARGS)

browser:
	@deploy/local/ensure_chromium.sh

lint: setup ## ruff and the import rules
	@echo "[lint] ruff check ..." && $(BIN)/ruff check .
	@echo "[lint] ruff format ..." && $(BIN)/ruff format --check .
	@echo "[lint] import rules ..." && $(BIN)/lint-imports

types: setup ## mypy --strict
	@echo "[types] mypy (about 30 s the first time) ..." && $(BIN)/mypy

format: setup ## let ruff format and mend what it can
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: setup ## speed of the stream pass beside its ceiling, and of the parsers (ARGS="--only NAME --json FILE")
	@exec $(BOUND) $(BIN)/python -m benchmarks $(ARGS)

bench-libraries: ## install the libraries that `make bench` compares the parsers with, apart in .venv-bench
	@test -d .venv-bench || $(PYTHON) -m venv .venv-bench
	@echo "[bench] installing $$(grep -c '==' requirements/bench.txt) packages into .venv-bench (about a minute the first time) ..."
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/bench.txt

bench-accuracy: setup ## how right `reconduit match` is on labelled books (ARGS="--only NAME --seeds 1,2 --json FILE")
	@exec $(BOUND) $(BIN)/python -m benchmarks.accuracy $(ARGS)

fuzz: setup ## look for statement files that break a parser (ARGS="--format mt940 --seconds 60")
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/fuzz.txt
	@exec $(BOUND) $(BIN)/python -m tests.fuzz.statement_files $(ARGS)

clean: ## remove .venv, .local and caches of this checkout (Kafka's jars stay in the user's cache)
	@rm -rf $(VENV) .venv-bench .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
