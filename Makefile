# The two commands of a newcomer are `make run` and `make test`; both set everything up by themselves.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin
ARGS ?=
# Two test processes at least, four at most: the tests start processes of their own.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -lt 2 ] && n=2; [ $$n -gt 4 ] && n=4; echo $$n)
SET_UP_FROM := pyproject.toml requirements/build.lock requirements/dev.lock requirements/set-up.sh

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: $(VENV)/.set-up-run ## run the box on real modems, or on virtual ones where none answers; Ctrl-C ends it
	@$(IN_VENV)/python -m demo $(ARGS)

.PHONY: test
test: $(VENV)/.set-up-test ## run the tests; ARGS="tests/wire -k slip" chooses some
	@$(IN_VENV)/python -m pytest -n $(JOBS) $(ARGS)

.PHONY: check
check: lint types rooms test ## everything that has to hold: lint, types, import rules, tests, docs

.PHONY: lint
lint: $(VENV)/.set-up-run ## ruff: errors, habits and layout of the source
	@$(IN_VENV)/ruff check .
	@$(IN_VENV)/ruff format --check .

.PHONY: types
types: $(VENV)/.set-up-run ## mypy, strict
	@$(IN_VENV)/mypy

.PHONY: rooms
rooms: $(VENV)/.set-up-run ## which room may import which: the contracts in pyproject.toml
	@PYTHONPATH=. $(IN_VENV)/lint-imports --no-logo

.PHONY: site
site: $(VENV)/.set-up-run ## make the public site of a made-up city, with all that the portal shows; then look at it
	@$(IN_VENV)/python -m portal.generator $(ARGS)

.PHONY: bench
bench: $(VENV)/.set-up-run ## speed and memory, as a table with floors measured in the same run
	@$(IN_VENV)/python -m bench $(ARGS)

.PHONY: format
format: $(VENV)/.set-up-run ## lay the source out, and mend what ruff can mend
	@$(IN_VENV)/ruff check --fix .
	@$(IN_VENV)/ruff format .

.PHONY: bundle
bundle: $(VENV)/.set-up-run ## make dist/box and dist/workstation, the folders for machines without network
	@requirements/bundle.sh box
	@requirements/bundle.sh workstation

.PHONY: workstation-bundle
workstation-bundle: $(VENV)/.set-up-run ## make the signed archive of the workstation; ARGS="--key FILE" for your own key
	@PYTHONPATH=. $(IN_VENV)/python requirements/workstation_bundle.py $(ARGS)

.PHONY: lock
lock: ## make the lock files in requirements/ anew; needs the network
	@PYTHON=$(PYTHON) requirements/lock.sh

.PHONY: clean
clean: ## remove what was made here, .venv too; a folder that `make run` named stays
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.set-up-run: $(SET_UP_FROM)
	@PYTHON=$(PYTHON) VENV=$(VENV) requirements/set-up.sh run
	@touch $@

$(VENV)/.set-up-test: $(VENV)/.set-up-run
	@PYTHON=$(PYTHON) VENV=$(VENV) requirements/set-up.sh test
	@touch $@
