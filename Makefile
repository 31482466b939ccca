# All targets need Python 3.11 or newer, pip and make. `make PYTHON=python3.12 ...` selects another Python.
PYTHON ?= python3
export PYTHON VERSIONS

bin := .venv/bin

# Four workers, also on two cores: tests wait for more than they compute. Those with a real Airflow share one worker,
# which starts with them. The order is random; pytest prints the seed, and `pytest --randomly-seed=...` repeats it.
# Continuous integration repeats one order, so that it tests the change and not the order, and runs a failed test once
# more: pytest lists those that passed only then, and each of them has a fault that is to be mended.
parallel := -n 4 $(if $(CI),--randomly-seed=1 --reruns 1 -raR)

# The tests whose result depends on what Canvas answers. Those of protocol, network and parameters are the same on any.
depends_on_canvas := tests/tasks --ignore tests/tasks/test_parse_time_checks.py tests/course_pairs tests/repair \
	$(addprefix tests/client/,courses files jobs migrations) \
	$(patsubst %,tests/client/contract/test_%.py,every_route listings routes_responses uploads)

# Pages that did not change are not built again.
sphinx = $(bin)/sphinx-build --jobs auto --fail-on-warning --keep-going --nitpicky --quiet

.PHONY: help setup demo demo-term airflow pictures test test-older-canvas test-wheels test-matrix crash-matrix check docs docs-links lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready ## Create .venv with all packages; the other targets run this themselves

.venv/ready: requirements/airflow-3.3.txt requirements/docs.txt pyproject.toml
	@scripts/setup.sh

demo: setup ## Copy a course in a real Airflow, reconcile it, and print what happened
	@$(bin)/python scripts/demo.py

demo-term: setup ## Copy the 240 courses of a term in a real Airflow, and print what happened
	@$(bin)/python scripts/demo_term.py

airflow: setup ## Run Airflow's web interface with a local Canvas behind it until Ctrl-C
	@$(bin)/python scripts/run_airflow.py

pictures: setup ## Take the pictures of the documentation in a real Airflow and a real browser
	@$(bin)/python scripts/pictures.py

test: setup ## Run all tests, including those in a real Airflow
	@cd emulator && ../$(bin)/pytest $(parallel)
	@$(bin)/pytest $(parallel)

test-older-canvas: setup ## Run the tests that depend on Canvas on the emulator of a Canvas of June 2023
	@cd emulator && CANVAS_EMULATOR_EDITION=2023-06 ../$(bin)/pytest $(parallel)
	@CANVAS_EMULATOR_EDITION=2023-06 $(bin)/pytest $(parallel) $(depends_on_canvas)

test-wheels: setup ## Build both wheels, and test them without the checkout's packages
	@scripts/test_wheels.sh

check: setup ## Check style, format, types and the dependencies between modules
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy
	@cd emulator && ../$(bin)/mypy
	@$(bin)/lint-imports
	@cd emulator && ../$(bin)/lint-imports

test-matrix: ## Run the tests on every supported Airflow, or on some (VERSIONS="2.11 3.3"), and print a table
	@scripts/test_matrix.sh

crash-matrix: ## Kill workers, triggerer, scheduler and Canvas while jobs run in a real Airflow, and print a table
	@scripts/test_matrix.sh crashes

docs: setup ## Build the documentation site into docs/_build/html, and check its links; needs no network
	@$(sphinx) -b html docs docs/_build/html
	@$(bin)/pytest -q tests/site

docs-links: setup ## Check the links of the documentation site to other sites
	@$(sphinx) -b linkcheck docs docs/_build/links

lock: ## Write requirements/, from which all environments are created
	@scripts/lock.sh

clean: ## Remove all files that the other targets created
	rm -rf .venv .venv-* .uv .demo .demo-term .matrix .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist docs/_build
