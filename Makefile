SHELL := /bin/bash
python := .venv/bin/python
packages := .venv/.complete

.DEFAULT_GOAL := help
.PHONY: help demo test test-gpu lint format lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 20

$(packages): requirements.lock pyproject.toml scripts/setup-venv.sh
	@scripts/setup-venv.sh

demo: $(packages)  ## Record one program per framework to out/*.mp4
	@scripts/setup-system.sh demo
	$(python) examples/demo/run.py --out out

test: $(packages)  ## Run all tests
	@scripts/setup-system.sh test
	$(python) -m pytest

test-gpu: $(packages)  ## Run the tests that need an NVIDIA GPU
	@scripts/setup-system.sh test
	$(python) -m pytest -m gpu

lint: $(packages)  ## Check style, format and types
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy

format: $(packages)  ## Format, and fix what ruff can fix
	$(python) -m ruff check --fix
	$(python) -m ruff format

lock:  ## Renew requirements.lock (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: python3 -m pip install uv" >&2; exit 1; }
	uv pip compile --no-config --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements.lock pyproject.toml

clean:  ## Remove everything that was made here, .venv included
	rm -rf .venv out dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
