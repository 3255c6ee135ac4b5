# Everything runs from .venv, which each target makes by itself from the hash-pinned requirements.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help demo up test lint check format integration kafka provider browser lock clean

help:  ## Show what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(RUN_STAMP)  ## Run the whole system with a simulated shop until Ctrl-C.
	@exec $(BIN)/hikitome demo

up: $(RUN_STAMP)  ## Run the whole system without the simulation.
	@exec $(BIN)/hikitome up

test: $(DEV_STAMP)  ## Run every test; tiers that cannot run here say why they were skipped.
	@exec $(BIN)/python -m pytest -n auto

lint: $(DEV_STAMP)  ## Style, types and the arrows of the architecture.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint  ## The same and the unit tests: a few minutes.
	$(BIN)/python -m pytest -q -m "not monitoring" tests/unit tests/architecture

format: $(DEV_STAMP)  ## Format the code and mend what can be mended.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

integration: $(DEV_STAMP)  ## Only the tests with a real PostgreSQL and a real broker.
	@exec $(BIN)/python -m pytest tests/integration

kafka: $(DEV_STAMP)  ## Only the tests against Apache Kafka (needs Java and Maven).
	@exec $(BIN)/python -m pytest tests/kafka

provider: $(DEV_STAMP)  ## Only the tests of logging in through Keycloak (needs Java and Maven).
	@exec $(BIN)/python -m pytest tests/oidc

browser: $(DEV_STAMP)  ## Only the tests in a real browser (needs Chromium).
	@exec $(BIN)/python -m pytest tests/browser

lock: $(DEV_STAMP)  ## Compile requirements/ anew from pyproject.toml (needs uv on the PATH).
	uv pip compile pyproject.toml --extra local --extra training --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra local --extra training --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate -q -c requirements/run.txt -o requirements/dev.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate -q -c requirements/run.txt -o requirements/image.txt

clean:  ## Remove the virtual environment and caches.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Hikitome needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
