# every recipe is one or two lines: what is longer lives in tools/ or in the command line

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# no header, no configuration and no index in the lock: it holds pins and hashes, nothing of the machine that made it
LOCK = pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-config --quiet \
	$(if $(UPGRADE),--upgrade)
BENCH_LOCK = --extra fast --extra tables --group bench --constraint requirements.lock -o benchmarks/requirements.lock

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help maps test check lint format lock bench clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

maps: .venv/.installed ## build the briefing maps and the risk table under maps/out/
	@$(BIN)/geoprox maps

test: .venv/.installed ## set up what the tests need, then run them all
	@tools/setup_system.sh
	$(BIN)/pytest

check: lint test ## everything CI asks: format, lint, types, import contracts, docs, tests

lint: .venv/.installed ## format, lint, types and import contracts, without the tests
	$(BIN)/ruff format --check && $(BIN)/ruff check
	$(BIN)/mypy && $(BIN)/lint-imports --no-logo

format: .venv/.installed ## format the code and mend what can be mended
	$(BIN)/ruff check --fix-only && $(BIN)/ruff format

lock: ## pin the dependencies of pyproject.toml again (UPGRADE=1: the newest of each)
	@$(PYTHON) tools/make_venv.py .venv && $(PIP) install uv
	$(BIN)/uv $(LOCK) --all-extras --group dev -o requirements.lock && $(BIN)/uv $(LOCK) $(BENCH_LOCK)

bench: .venv-bench/.installed ## measure geoprox and its peers, write benchmarks/results.md (ARGS=--quick: tiny sizes)
	@tools/setup_postgis.sh
	@.venv-bench/bin/python -m benchmarks $(ARGS)

clean: ## remove everything that was built, .venv too
	rm -rf .venv .venv-bench benchmarks/data maps/out dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) tools/make_venv.py .venv && $(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e . && touch $@

# geoprox itself runs from the checkout
.venv-bench/.installed: benchmarks/requirements.lock
	@$(PYTHON) tools/make_venv.py .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $< && touch $@
