# Everything is one command from a fresh clone: `make course` for the whole, `make help` for its parts.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
.DEFAULT_GOAL := help

SERVE ?= 1
PORT ?=

# nbgrader calls alembic by name, so the environment's programs are on PATH.
# What a user's home holds neither changes a build nor has to be writable.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export IPYTHONDIR := $(CURDIR)/_build/home/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/_build/home/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/_build/home/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/_build/home/jupyter/runtime
export MPLCONFIGDIR := $(CURDIR)/_build/home/matplotlib
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP

venv := .venv/.ready
units := $(notdir $(wildcard solutions/[0-9][0-9]_*))
notebook = exercises/$(1)/$(shell cut -d_ -f2- <<<$(1)).ipynb
notebooks := $(foreach unit,$(units),$(call notebook,$(unit)))
files = $(shell find $(1) -type f -not -path '*/__pycache__/*' -not -name '.*' 2>/dev/null)
unless = $(if $(filter-out $(wildcard $(1)),$(1)),FORCE)

.PHONY: help browser lighthouse pdf bench fuzz train zoo verdicts stable course test book exercises grade check matrix serve system FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

course: system exercises grade book ## everything: exercises, a graded sample class, the book; then serves them (SERVE=0: not; PORT=8123)
	@if [ "$(SERVE)" != 0 ]; then exec scripts/serve --port "$(PORT)"; fi; \
	echo "Book          _build/html/index.html"; \
	echo "Class report  _build/class/out/report.html"

serve: $(venv) ## the built book and class report, on 127.0.0.1 until Ctrl-C (PORT=8123)
	@exec scripts/serve --port "$(PORT)"

test: system $(venv) ## the whole test suite
	@python -m pytest -n 2 --dist loadfile tests/autograder tests/test_*.py
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m pytest -n auto --dist loadgroup tests/units tests/cnnkit
	@python -m pytest tests/book

check: $(venv) ## lint, format, types, spelling, released notebooks up to date
	@ruff check . scripts/book scripts/lighthouse scripts/pdf scripts/serve
	@ruff format --check . scripts/book scripts/lighthouse scripts/pdf scripts/serve
	@mypy
	@codespell
	@autograder release --check

matrix: system $(venv) ## which hidden test catches which known mistake
	@python -m autograder.testing.matrix

verdicts: system $(venv) ## every known answer in a plain kernel and in the grader (about 15 minutes)
	@ANSWERS=all python -m pytest tests/test_same_verdict.py

stable: $(venv) ## verdicts of every unit's hidden tests on 200 seeds (about 2 hours; ARGS=--help)
	@python -m autograder.testing.stability $(ARGS)

train: $(venv) ## trains the lab's network, about 1 minute; plots in _build/lab (DATA=cifar10 DEVICE=cuda: the speed run)
	@python -m cnnkit.lab $(if $(DATA),--data $(DATA)) $(if $(DEVICE),--device $(DEVICE)) $(ARGS)

zoo: $(venv) ## trains the zoo's networks at reduced width, about 6 minutes; figures in _build/zoo (ARGS=--help)
	@python -m cnnkit.zoo.compare --out _build/zoo $(ARGS)

fuzz: $(venv) ## search for inputs that break the wire or the reader of notebooks (about 10 minutes)
	@HYPOTHESIS_PROFILE=deep python -m pytest tests/autograder/test_wire.py tests/autograder/test_intake.py tests/autograder/test_plan.py

bench: system _build/.exercises ## speed and memory against plain nbgrader, on this machine (about 6 minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench_layers.py
	@python tests/bench.py

system:
	@scripts/system-packages

# scripts/set-up leaves the stamp alone where nothing is to be done, and then nothing that depends on it is made again.
$(venv): FORCE
	@scripts/set-up

exercises: _build/.exercises ## the learners' notebooks, from solutions/
_build/.exercises: $(venv) $(wildcard solutions/*/*.py) $(call files,autograder) $(call unless,$(notebooks))
	@autograder release
	@touch $@

_build/class/.submitted: $(venv) solutions/sample_class.py _build/.exercises
	@python solutions/sample_class.py --out _build/class/submitted
	@touch $@

grade: _build/class/.graded ## a sample class: generates it, grades it
_build/class/.graded: _build/class/.submitted $(call unless,_build/class/out/report.html) | system
	@autograder grade --submitted _build/class/submitted --out _build/class/out
	@touch $@

book: _build/.book ## the book, in _build/html; warnings are errors
_build/.book: $(venv) _config.yml $(call files,book cnnkit) $(wildcard exercises/*/*.ipynb) $(call unless,_build/html/index.html)
	@mkdir -p _build && echo "building the book (the first time a few minutes)"
	@python scripts/book build book -W -n --keep-going >_build/book.log 2>&1 || { \
	    sed 's/\x1b\[[0-9;]*m//g' _build/book.log | grep -E 'WARNING|ERROR|rror:' | grep -v ParserConfig | head -n 30; \
	    echo "the whole record: _build/book.log"; exit 1; }
	@touch $@

browser: book ## book, feedback and class report in headless Chromium (about 4 minutes)
	@scripts/system-packages browser
	@python -m pytest -n auto tests/browser

lighthouse: book ## Lighthouse's marks of five pages as on a telephone (about 8 minutes; on a machine that does nothing else)
	@scripts/system-packages browser node
	@scripts/lighthouse $(ARGS)

pdf: book ## the book as one PDF, _build/book.pdf
	@scripts/system-packages browser
	@python scripts/pdf

FORCE:
