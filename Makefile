# The front door: `make demo` to see it, `make test` and `make check` before every commit.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

UV ?= .venv/bin/uv
PORT ?= 5000
JOBS ?= 2
PYTEST_ARGS ?=
BIN := .venv/bin

# An environment is installed again when what it is made from has changed, and only then.
stamp = $(1)/.installed-$(2)-$(shell cat pyproject.toml requirements/$(2).txt | cksum | cut -d ' ' -f 1)
DEMO := $(call stamp,.venv,demo)
DEV := $(call stamp,.venv,dev)
FLOORS := $(call stamp,.venv-floors,floors)

install = $(1)/bin/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test check docs bench pictures messages floors coverage pins clean

help:  ## Show what can be made.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(DEMO)  ## Run the example app with its data. PORT=5000.
	PORT=$(PORT) $(BIN)/python -m example_app

test: $(DEV)  ## Run all the tests. JOBS=2, PYTEST_ARGS="-k word".
	tools/setup-debian.sh postgresql mariadb redis chromium curl office
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

check: $(DEV)  ## Lint, format, types, import contracts, migrations, docs.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	tools/setup-debian.sh postgresql
	$(BIN)/python -m pytest -q tests/store/test_migrations.py
	$(MAKE) --no-print-directory docs

docs: $(DEV)  ## Build the documentation into docs/_build/html; a warning is an error.
	$(BIN)/python -m sphinx --quiet --fail-on-warning --nitpicky --keep-going docs docs/_build/html

bench: $(DEV)  ## Print the figures of docs/performance.md, measured here.
	$(BIN)/python -m benchmarks

pictures: $(DEV)  ## Draw the pictures in docs/images again.
	tools/setup-debian.sh chromium
	$(BIN)/python -m tools.pictures

messages: $(DEV)  ## Bring the translations in step with what the pages say. LANGUAGES="fr nl" begins new ones.
	$(BIN)/python -m tools.messages $(LANGUAGES)

floors: $(FLOORS)  ## Run the fast tests with the oldest versions that are supported.
	tools/setup-debian.sh postgresql mariadb redis curl
	.venv-floors/bin/python -m pytest -n $(JOBS) --dist worksteal -m "not faults and not browser" $(PYTEST_ARGS)

coverage: $(DEV)  ## Run the tests and measure which branches they take.
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

COMPILE = $(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins"

pins: $(DEV)  ## Pin the newest versions of everything in requirements/.
	$(COMPILE) --all-extras --group dev --output-file requirements/dev.txt
	$(COMPILE) --extra postgres --group demo --constraints requirements/dev.txt --output-file requirements/demo.txt
	$(COMPILE) --all-extras --group floors --resolution lowest-direct --output-file requirements/floors.txt

clean:  ## Remove what was made here.
	rm -rf .venv .venv-floors docs/_build instance .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(DEV): .venv/bin/python
	$(call install,.venv) --require-hashes --no-deps -r requirements/dev.txt
	$(call install,.venv) --no-deps --no-build-isolation --editable .
	@rm -f .venv/.installed-* && touch $(DEV) $(DEMO)

$(DEMO): .venv/bin/python
	$(call install,.venv) --require-hashes --no-deps -r requirements/demo.txt
	$(call install,.venv) --no-deps --no-build-isolation --editable .
	@rm -f .venv/.installed-demo-* && touch $@

$(FLOORS): .venv-floors/bin/python
	$(call install,.venv-floors) --require-hashes --no-deps -r requirements/floors.txt
	$(call install,.venv-floors) --no-deps --no-build-isolation --editable .
	@rm -f .venv-floors/.installed-* && touch $@

.venv/bin/python:
	tools/setup-debian.sh python
	"$$(tools/find-python.sh)" -m venv --clear .venv

# The oldest versions have no builds for the newest Pythons.
.venv-floors/bin/python:
	"$$(tools/find-python.sh python3.11)" -m venv --clear .venv-floors
