# Everything here needs Python 3.11 or newer with pip, and make; `make PYTHON=python3.12 ...` names another Python.
PYTHON ?= python3
export PYTHON VERSIONS

bin := .venv/bin

.PHONY: help setup demo airflow test test-matrix crash-matrix check lock clean
.DEFAULT_GOAL := help

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready ## Make .venv with everything that the other targets need; they do it by themselves

.venv/ready: requirements/airflow-3.3.txt pyproject.toml
	@scripts/setup.sh

demo: setup ## Copy a course in a real Airflow, reconcile it, and say what happened
	@$(bin)/python scripts/demo.py

airflow: setup ## Start Airflow's page with a local Canvas behind it, until Ctrl-C
	@$(bin)/python scripts/run_airflow.py

test: setup ## Run all tests, those in a real Airflow included
	@cd emulator && ../$(bin)/pytest
	@$(bin)/pytest

check: setup ## Lint, check the format, the types and the dependencies between modules
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy
	@cd emulator && ../$(bin)/mypy
	@$(bin)/lint-imports
	@cd emulator && ../$(bin)/lint-imports

test-matrix: ## Run the tests on every supported Airflow, VERSIONS="2.11 3.3" on some; ends with a table
	@scripts/test_matrix.sh

crash-matrix: ## Kill workers, triggerer, scheduler and Canvas while jobs run in a real Airflow; ends with a table
	@scripts/test_matrix.sh crashes

lock: ## Renew requirements/, from which all environments are made
	@scripts/lock.sh

clean: ## Remove what the other targets made
	rm -rf .venv .venv-* .uv .demo .matrix .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
