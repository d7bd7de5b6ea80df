# Everything a newcomer needs, from a machine with git, make and Python 3.11 or 3.12.
#   make run  PYTHON=/path/to/python   with a certain Python
#   make test ARGS="-k ledger -x"      with arguments for pytest

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help environment run test torture bench lab lint lock clean
ARGS ?=
VENV := .venv
SPREAD := -n 2 --dist loadfile

# no library of ours phones home
export NML_DISABLE_USAGE_LOGGING = 1
export PLOOMBER_STATS_ENABLED = false

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

environment:  ## Build .venv from requirements.lock, if it does not stand already
	@sh setup/system_packages run
	@python=$$(sh setup/find_python) && "$$python" -B setup/environment.py

run: environment  ## Take real flights through the whole cycle, then say what to do next
	@$(VENV)/bin/coldframe demo run $(ARGS)

test: environment  ## Run every test
	@sh setup/system_packages test
	@$(VENV)/bin/python -m pytest $(SPREAD) $(ARGS)

torture: environment  ## Run every test, those that crash, fuzz and load with their full counts
	@sh setup/system_packages test
	@COLDFRAME_TORTURE=1 $(VENV)/bin/python -m pytest $(SPREAD) $(ARGS)

bench: environment  ## Measure beside other tools, into benchmarks/RESULTS.md (ARGS="store rows=100000")
	@$(VENV)/bin/python -m benchmarks $(ARGS)

lab: environment  ## Open JupyterLab with the stage notebooks
	@$(VENV)/bin/jupyter lab $(ARGS)

lint: environment  ## Check style, types and layers
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

lock: environment  ## Write requirements.lock anew from pyproject.toml (ARGS=--upgrade for newer ones)
	@sh setup/write_lock $(ARGS)

clean:  ## Remove .venv and caches; data and models in home/ stay
	rm -rf $(VENV) .venv.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find lib tests setup -name __pycache__ -prune -exec rm -rf {} +
