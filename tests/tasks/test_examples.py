"""The example DAGs and the README's DAG can be parsed without services."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.sdk.exceptions import ParamValidationError

from tests.support.dag_files import dags_in

ROOT = Path(__file__).parents[2]


EXAMPLES = sorted((ROOT / "dags_examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_dags(path: Path) -> None:
    """Each file has one DAG, named like the file, with documentation and a form; parsing it needs no connection."""
    (dag,) = dags_in(path).values()
    assert dag.dag_id == path.stem
    assert "What:" in dag.doc_md
    params = {name: dag.params.get_param(name) for name in dag.params}
    assert [name for name, param in params.items() if not (param.schema.get("title") and param.description)] == []


IDS = (
    "account_id",
    "content_migration_id",
    "course_id",
    "destination_course_id",
    "enrollment_term_id",
    "source_course_id",
    "template",
)
"""The fields of forms that take one id."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_ids_in_forms(path: Path) -> None:
    """An id is text in one line: Airflow shows this type so. Numbers and SIS forms are accepted, names refused."""
    (dag,) = dags_in(path).values()
    for name in set(IDS) & set(dag.params):
        param = dag.params.get_param(name)
        types = param.schema["type"] if isinstance(param.schema["type"], list) else [param.schema["type"]]
        assert [each for each in types if each != "null"] == ["string"]  # two types are a box of many lines
        assert "format" not in param.schema
        for value in ("42", "1~42", "sis_course_id:BIOL-1010-001", "hex:sis_course_id:42494f", "sis_term_id:2026FA"):
            assert param.resolve(value) == value
        for value in ("BIOL-1010-001", "https://school.example/courses/42", " ", "42 43", "sis_course_id:"):
            with pytest.raises(ParamValidationError):
                param.resolve(value)
        if "null" in types:
            assert (param.resolve(None), param.resolve("")) == (None, "")
        else:
            with pytest.raises(ParamValidationError):
                param.resolve("")
