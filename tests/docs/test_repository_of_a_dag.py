"""The small repository of ``docs/testing.md`` is complete, and names the versions that this repository tests.

Its test runs with all snippets, with the files of the page in the folders that the page names.
"""

from __future__ import annotations

import re

import yaml

from tests.support.snippets import ROOT, files_of

FILES = files_of("docs/testing.md")
AIRFLOW = re.search(r"^apache-airflow==(.*)$", (ROOT / "requirements/airflow-3.3.txt").read_text(), re.MULTILINE)


def test_all_files_are_there() -> None:
    """The repository has a DAG, its test, the configuration of pytest, the requirements, and a workflow."""
    assert list(FILES) == [
        "requirements.txt",
        "dags/copy_biology.py",
        "tests/test_copy_biology.py",
        "conftest.py",
        "pytest.ini",
        ".github/workflows/test.yml",
    ]


def test_the_workflow_installs_the_requirements_with_the_constraints_of_this_airflow() -> None:
    """The requirements and the constraint file name the Airflow of our tests; the Python is that of the constraints."""
    assert AIRFLOW is not None
    assert f"apache-airflow=={AIRFLOW[1]}" in FILES["requirements.txt"].split()
    steps = yaml.safe_load(FILES[".github/workflows/test.yml"])["jobs"]["test"]["steps"]
    python = next(step["with"]["python-version"] for step in steps if "with" in step)
    commands = [step["run"] for step in steps if "run" in step]
    constraints = f"https://raw.githubusercontent.com/apache/airflow/constraints-{AIRFLOW[1]}/constraints-{python}.txt"
    assert commands == [f"pip install -r requirements.txt --constraint {constraints}", "pytest"]
