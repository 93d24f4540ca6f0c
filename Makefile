# `make demo` and `make test` do all the set-up that they need.
# Where no Docker engine answers, they start a private one (lab/) and end it again.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
VENV := .venv
PYTHON := $(VENV)/bin/python
PYTHON_SOURCES := entrypoint.py src tests examples/demo bench bench/run bench/layout tools
SHELL_SOURCES := lab/up lab/down lab/with lab/buildkit $(wildcard lab/*.sh) $(wildcard tests/e2e/support/bin/*) .ci/run
WORKFLOWS := $(wildcard .github/workflows/*.yml)
DOCKERFILES := $(wildcard examples/template/*/Dockerfile)

.PHONY: help setup generate lint types unit coverage processes integration e2e test demo bench lock clean

help:
	@echo 'make demo         a cold build, then one on an empty builder with a changed handler'
	@echo 'make test         lint, types, unit tests, and tests with a real engine, registry and act'
	@echo 'make bench        our build beside what people use today, in one run'
	@echo 'make unit         unit tests alone: no engine, no network'
	@echo 'make coverage     which lines the unit tests reach'
	@echo 'make setup        .venv from the locks'
	@echo 'make generate     what repeats the table of inputs: code, action.yml, workflow, README'
	@echo 'make lock         the locks anew, from the newest versions'
	@echo 'make clean        everything that make wrote, the lab included'

setup: $(VENV)/complete

$(VENV)/complete: src/requirements.txt tests/requirements.txt
	python3 -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r src/requirements.txt -r tests/requirements.txt
	touch $@

generate: setup
	$(PYTHON) tools/generate.py

lint: setup
	$(VENV)/bin/ruff check $(PYTHON_SOURCES)
	$(VENV)/bin/ruff format --check $(PYTHON_SOURCES)
	$(VENV)/bin/shellcheck --external-sources --source-path=SCRIPTDIR $(SHELL_SOURCES)
	$(VENV)/bin/hadolint $(DOCKERFILES)
	$(VENV)/bin/actionlint -config-file .github/actionlint.yaml -shellcheck $(VENV)/bin/shellcheck -pyflakes= $(WORKFLOWS)
	$(VENV)/bin/zizmor --offline --quiet --persona pedantic .github action.yml tests/e2e/support/actions

types: setup
	$(VENV)/bin/mypy

unit: setup
	$(VENV)/bin/pytest --numprocesses auto tests/unit

# Which lines the unit tests alone reach; the rooms that start processes come first.
coverage: setup
	$(VENV)/bin/coverage run --source=src/openfaas_build -m pytest --quiet tests/unit
	$(VENV)/bin/coverage report --include='*/app/*,*/engine/*'
	$(VENV)/bin/coverage report --omit='*/app/*,*/engine/*' --skip-covered

# Real processes, git, sockets on loopback, and no engine.
processes: setup
	$(VENV)/bin/pytest --numprocesses auto tests/processes

# Each process has an engine of its own, where the engines are the lab's; where one was there before, one process
# takes all tests that need it. tests/conftest.py hands them out.
integration: setup
	$(BESIDE_LABS) tests/integration

# The action itself and the reusable workflow, run by act from another repository.
e2e: setup
	$(BESIDE_LABS) tests/e2e

# All lanes at once: while an engine is waited for, the other tests run.
test: setup
	$(MAKE) --no-print-directory --jobs --output-sync lint types
	$(BESIDE_LABS) tests

# One more than processors, as the tests with an engine wait half of their time.
PROCESSES := $(shell expr $$(nproc) + 1)
BESIDE_LABS = LAB_COUNT=$(PROCESSES) lab/with $(VENV)/bin/pytest --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder

demo: setup
	lab/with $(PYTHON) examples/demo

# Arguments: make bench ARGS="--sizes 1,5,25 --rounds 1"
bench: setup $(VENV)/bench
	lab/with $(PYTHON) bench/run $(ARGS)

$(VENV)/bench: $(VENV)/complete bench/requirements.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r bench/requirements.txt
	touch $@

lock:
	rm -rf $(VENV)-lock && python3 -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --no-header --generate-hashes --universal --python-version 3.10 \
	    $(foreach name,$(NOT_NEEDED),--no-emit-package $(name)) src/requirements.in -o src/requirements.txt
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --no-header --generate-hashes --universal --python-version 3.10 \
	    tests/requirements.in -o tests/requirements.txt
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --no-header --generate-hashes --universal --python-version 3.10 \
	    bench/requirements.in -o bench/requirements.txt
	rm -rf $(VENV)-lock

# What actions-toolkit asks for beside requests, for parts of it that we do not import; and Windows.
NOT_NEEDED := pygithub pynacl cffi pycparser cryptography pyjwt typing-extensions pywin32

clean:
	lab/down
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build
