# Everything a newcomer needs: `make demo` and `make test`. They need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
PORT ?= 8080
# How many test processes; each starts a small PostgreSQL of its own.
JOBS ?= auto
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-spark demo test test-all check format docs bench lock clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

setup: .venv/.ready ## build .venv from requirements.lock

.venv/.ready: requirements.lock pyproject.toml tools/setup.py
	$(PYTHON) tools/setup.py

setup-spark: .venv/.spark ## add Spark to .venv; it needs Java 17 or newer

.venv/.spark: .venv/.ready requirements.lock
	$(PYTHON) tools/setup.py spark

demo: setup ## a running platform with a small county of synthetic residents
	$(BIN)/kangshu demo --port $(PORT)

test: setup ## the tests, without the slow ones
	$(PYTEST) -m "not slow"

test-all: setup setup-spark ## every test
	$(PYTEST)

check: setup ## format, lint, types, import contracts, architecture, examples of the packs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/architecture tests/packs

format: setup ## put the code into its form and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: setup ## write docs/reference anew from the program
	$(BIN)/python -m typer kangshu.interfaces.cli.main utils docs --name kangshu --title Commands \
	  --output docs/reference/commands.md
	$(BIN)/python -m tools.api_page
	$(BIN)/python -m tools.view_pages

bench: setup ## the benchmarks, each a table
	$(BIN)/python -m bench

lock: setup ## compile requirements.lock anew from pyproject.toml; UPGRADE=1 takes the newest versions
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --all-extras --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header $(if $(UPGRADE),--upgrade) \
	  --output-file requirements.lock

clean: ## delete .venv and everything that can be made again; data in .kangshu stays
	rm -rf .venv build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
