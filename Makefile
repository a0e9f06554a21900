SHELL := /bin/bash
python := .venv/bin/python
# One folder: what the demo needs is a part of what the tests need, in the same versions.
packages := .venv/.complete
demo_packages := .venv/.complete-demo

compile := uv pip compile --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --quiet

.DEFAULT_GOAL := help
.PHONY: help demo check test test-gpu test-frameworks test-windows test-windows-all mutants bench bench-guard \
	bench-baseline lint gallery docs format lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 20

$(packages): requirements.lock pyproject.toml scripts/setup-venv.sh
	@scripts/setup-venv.sh dev

$(demo_packages): requirements-demo.lock pyproject.toml scripts/setup-venv.sh
	@scripts/setup-venv.sh demo

demo: $(demo_packages)  ## Record one program per framework to out/*.mp4
	@scripts/setup-system.sh demo
	$(python) examples/demo/run.py -o out

# By the packages of the core, beside what holds for all of them. Adapters take a process and mostly a display for each promise.
fast_tests := $(wildcard tests/test_*.py) $(filter-out %/test_adapter.py,$(wildcard tests/contract/test_*.py)) \
	$(addprefix tests/,capture convert cuda drawing encode gl hooks pipeline recorder report sink spill support system \
	testing values)

check: lint  ## Style, types, unit and contract tests: three minutes on two cores, for people at work
	@scripts/setup-system.sh test
	$(python) -m pytest -n logical --dist worksteal -m "not gpu and not slow" $(fast_tests)

test: $(packages)  ## Run all tests
	@scripts/setup-system.sh test
	$(python) -m pytest -n logical --dist worksteal

framework_tests := tests/contract/test_adapter.py tests/integration/gymnasium tests/integration/mujoco \
	tests/integration/panda3d tests/integration/vtk

test-frameworks: $(packages)  ## Test heavy frameworks, and record programs on toolkits that no adapter knows (4 GB of packages)
	@scripts/setup-system.sh test
	@scripts/framework-venv.sh
	PYTHONPATH=$(CURDIR) build/frameworks/bin/python -m pytest $(framework_tests)
	$(python) scripts/test_frameworks.py

test-gpu: $(packages)  ## Run the tests that need an NVIDIA GPU
	@scripts/setup-system.sh test
	$(python) -m pytest -m gpu

# Each promise of an adapter takes a Windows process: these are asked of every framework, the others by `make test-windows-all`.
windows_rows := pyglet moderngl vispy glfw pygame pygame-window qt-pyside
windows_promises := every_frame_is_heard_once_in_order closing_is_told_once_while_the_context_lives \
	current_is_given_back_to_another_library recording_gives_all_state_back the_hotkey_pauses_and_the_program_still_gets_it
windows_adapters := $(foreach row,$(windows_rows),$(foreach promise,$(windows_promises),\
	'tests/contract/test_adapter.py::test_adapter_keeps[$(row)-$(promise)]'))

# The tests that count most on Windows, in the order of what a user would miss first.
windows_tests := tests/windows tests/running/test_frameworks.py tests/cli/test_cli_recover.py tests/contract/test_recorder.py \
	tests/contract/test_sink.py tests/contract/test_screenshot.py tests/contract/test_marks.py \
	tests/contract/test_controls.py tests/system/test_files.py tests/system/test_system_names.py tests/spill/test_spill_file.py \
	tests/sink/test_sink_file.py tests/sink/test_sink_pictures.py tests/system/test_durable.py
# And what else was seen to make sense there.
windows_tests_all := $(windows_tests) tests/contract/test_adapter.py tests/cli/test_cli_doctor.py tests/cli/test_cli_loopback.py \
	tests/cli/test_cli_main.py tests/cli/test_cli_info.py tests/wire tests/integration/glfw tests/integration/pygame \
	tests/integration/pyglet \
	tests/test_config.py tests/test_options.py tests/values tests/recorder tests/capture/test_geometry.py tests/hooks \
	tests/pipeline tests/convert tests/report tests/encode/test_tagging.py tests/encode/test_motion_jpeg.py \
	tests/gl/test_gl_functions.py tests/sink tests/spill
windows_python := scripts/windows-python.sh build/windows -n logical --dist worksteal --timeout 300

test-windows: $(packages)  ## Run the tests that count most on a Windows Python under wine: ten minutes on two cores
	$(windows_python) $(windows_tests) $(windows_adapters)

test-windows-all: $(packages)  ## Run all tests that make sense there on a Windows Python under wine
	$(windows_python) $(windows_tests_all)

mutants: $(packages)  ## Change the code in 100 places, one at a time, and list what no test notices (an hour)
	@scripts/setup-system.sh test
	@test -x .venv/mutants/bin/python || $(python) -m venv .venv/mutants
	@.venv/mutants/bin/python -m pip install --quiet --disable-pip-version-check \
		--requirement scripts/mutants-requirements.txt
	.venv/mutants/bin/python scripts/mutants.py $(MUTANTS)

bench: $(packages)  ## Compare recorders on this machine: tables, out/bench/results.json and plots (quarter of an hour)
	@scripts/setup-system.sh demo
	$(python) -m glrec_core bench -o out/bench

bench-guard: $(packages)  ## Compare ratios with benchmarks/baseline.json; fails only if one is far worse
	@scripts/setup-system.sh demo
	$(python) -m glrec_core bench --venv .venv --guard benchmarks/baseline.json

bench-baseline: $(packages)  ## Measure benchmarks/baseline.json anew; on a quiet machine
	@scripts/setup-system.sh demo
	$(python) -m glrec_core bench --venv .venv --rounds 6 --write-baseline benchmarks/baseline.json

lint: $(packages)  ## Check style, format and types
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	$(python) scripts/check_public_types.py glrec_core

gallery := docs/gallery/arrays_plasma.mp4

$(gallery): scripts/gallery.py $(wildcard examples/gallery/*.py) | $(packages)
	@scripts/setup-system.sh test
	$(python) scripts/gallery.py docs/gallery

gallery: $(gallery)  ## Make the films of the documentation's gallery, if a program has changed

docs: $(packages) $(gallery)  ## Build the documentation into site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(python) -m mkdocs build --strict --quiet

format: $(packages)  ## Format, and fix what ruff can fix
	$(python) -m ruff check --fix
	$(python) -m ruff format

lock:  ## Renew the lock files: requirements.lock, requirements-demo.lock, the benchmark's (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: python3 -m pip install uv" >&2; exit 1; }
	$(compile) --upgrade --extra dev --output-file requirements.lock pyproject.toml
	$(compile) --extra demo --constraint requirements.lock --output-file requirements-demo.lock pyproject.toml
	$(compile) --upgrade --output-file glrec_bench/requirements.txt glrec_bench/requirements.in

clean:  ## Remove everything that was made here, .venv included
	rm -rf .venv out dist site docs/gallery .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
