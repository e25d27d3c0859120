# Python 3.10+, pip and make are enough: everything else is installed below this folder (.tools, .venv, .hatch).
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

PYTHON ?= python3
ARGS ?=
ROOT := $(CURDIR)
# interpreters of pyenv are offered behind those of the machine, so that the matrix finds them
empty :=
space := $(empty) $(empty)
PYENV_BINS := $(subst $(space),:,$(wildcard $(HOME)/.pyenv/versions/*/bin))
export PATH := $(ROOT)/.tools/bin:$(PATH)$(if $(PYENV_BINS),:$(PYENV_BINS))
export HATCH_DATA_DIR := $(ROOT)/.hatch
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1

RUN := hatch run
PROTOS := $(wildcard protos/arc_common/wire/v1/*.proto)
SOURCES := packages/arc-common/src packages/arc-runtime/src packages/arc-sim/src
CODE := packages tools tests-e2e docs
GOLDEN := $(sort $(dir $(wildcard packages/*/tests/golden/test_*.py)))

.PHONY: help setup demo test test-all matrix coverage frameworks fmt lint types arrows bench golden protos build check docs clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.tools/ready: Makefile
	@command -v "$(PYTHON)" > /dev/null || \
	  { echo "error: there is no $(PYTHON); name a Python from 3.10 on: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 3; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "error: $(PYTHON) is older than 3.10; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 3; }
	@echo "installing the build tools into .tools/"
	@"$(PYTHON)" -m venv .tools || \
	  { echo "error: $(PYTHON) cannot make an environment; on Debian and Ubuntu install python3-venv" >&2; exit 2; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check hatch==1.18.2 uv==0.13.8 || \
	  { echo "error: hatch and uv could not be installed; is the package index within reach?" >&2; exit 2; }
	@touch $@

.venv/ready: .tools/ready hatch.toml pyproject.toml $(wildcard packages/*/pyproject.toml) packages/arc-common/hatch_build.py
	@test -e .venv/bin/python || echo "creating the environment in .venv/"
	@hatch env create || { hatch env remove && hatch env create; } || \
	  { echo "error: .venv could not be made; what pip or uv said is above" >&2; exit 2; }
	@$(RUN) python --version
	@touch $@

# the folder is there for a proto that was removed or renamed
.venv/protos: .venv/ready $(PROTOS) protos/arc_common/wire/v1
	@$(RUN) python packages/arc-common/hatch_build.py
	@touch $@

setup: .venv/protos ## make the environment (.venv) with all three packages as editables

demo: setup ## see both products do their job on a small system made for it
	@$(RUN) python tools/demo.py $(ARGS)

test: setup ## run every test on this Python (ARGS="-k name" is handed to pytest)
	@$(RUN) pytest -m "not slow and not k3d and not e2b" $(ARGS)

test-all: setup ## the same with the slow ones, then the matrix
	@$(RUN) pytest -m "not k3d and not e2b" $(ARGS)
	@$(MAKE) matrix

matrix: setup ## the tests of the packages on every Python from 3.8 to 3.13 that is found; missing ones are named
	@.venv/bin/python tools/matrix.py $(ARGS)

coverage: setup ## every way to call each SDK, oldest to newest, on each Python; writes docs/benchmarks/coverage.md
	@$(RUN) python tools/coverage_table.py $(ARGS)

frameworks: setup ## LangChain, FastAPI, gunicorn, Sentry, ... each in its environment; writes docs/guides/frameworks.md
	@$(RUN) python tests-e2e/frameworks/table.py $(ARGS)

fmt: setup ## format the code
	@$(RUN) ruff check --fix --quiet $(CODE) || true
	@$(RUN) ruff format $(CODE)

lint: setup ## style, sizes, docstrings
	@$(RUN) ruff format --check $(CODE)
	@$(RUN) ruff check $(CODE)
	@$(RUN) python tools/house.py

types: setup ## mypy --strict
	@$(RUN) mypy $(SOURCES)
	@$(RUN) mypy $(wildcard packages/*/tests/typing)

arrows: setup ## which module may import which
	@$(RUN) lint-imports --no-logo

bench: setup ## measure; writes docs/benchmarks/
	@$(RUN) python tools/run_benchmarks.py $(ARGS)

golden: setup ## rewrite the golden files; read the diff before you commit it
	@ARC_GOLDEN=write $(RUN) pytest -q -p no:randomly $(GOLDEN)

protos: .venv/ready ## compile protos/ into arc_common.wire.v1
	@$(RUN) python packages/arc-common/hatch_build.py

build: setup ## wheels and sdists of the three packages into dist/
	@rm -rf dist
	@for package in arc-common arc-runtime arc-sim; do \
	  $(RUN) python -m build --installer uv --outdir dist packages/$$package > .hatch/build.log 2>&1 \
	    || { cat .hatch/build.log >&2; exit 1; }; \
	done
	@ls -1 dist

check: build ## are the distributions fit to publish, and do they work when installed from files alone?
	@$(RUN) twine check --strict dist/*
	@$(RUN) check-wheel-contents dist/*.whl
	@$(RUN) validate-pyproject packages/arc-common/pyproject.toml packages/arc-runtime/pyproject.toml packages/arc-sim/pyproject.toml
	@$(RUN) python tools/check_wheels.py dist

docs: setup ## are links, help texts and tables in the documents true?
	@$(RUN) python tools/check_docs.py

clean: ## remove everything that was made here
	@rm -rf .venv .hatch .tools dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find packages tools tests-e2e docs -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f packages/arc-common/src/arc_common/wire/v1/*_pb2*
