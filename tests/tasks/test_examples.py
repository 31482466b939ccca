"""The example DAGs and the README's DAG can be parsed without services, and the links of the pages work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from tests.support.dag_files import dags_in

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "dags_examples").glob("*.py")), ids=lambda path: path.stem)
def test_example_dags(path: Path) -> None:
    """Each file has one DAG, named like the file, with documentation and a form; parsing it needs no connection."""
    (dag,) = dags_in(path).values()
    assert dag.dag_id == path.stem
    assert "What:" in dag.doc_md
    assert all(dag.params.get_param(name).schema.get("title") for name in dag.params)


def test_documentation_links() -> None:
    """Every file to which the README and the pages link exists."""
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
