"""What tasks note becomes facets: bounded, valid by OpenLineage's classes, and without secrets."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import Asset
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_schemas import schemas

from airflow_provider_canvas.assets.canvas import convert_asset_to_openlineage
from airflow_provider_canvas.get_provider_info import get_provider_info
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.lineage import run_facets
from airflow_provider_canvas.lineage.datasets import file_dataset
from airflow_provider_canvas.lineage.openlineage import operator_lineage
from airflow_provider_canvas.lineage.task_lineage import MAX_DATASETS, TaskLineage
from airflow_provider_canvas.operators.base_job import Job
from airflow_provider_canvas.operators.batch_lineage import note_batch, note_copy, note_files, note_ledger, note_plan
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.course_fields import note_changed_course
from airflow_provider_canvas.operators.migration_lineage import note_migration
from airflow_provider_canvas.operators.reconcile_lineage import note_batch_reconciliation, note_reconciliation
from airflow_provider_canvas.operators.repair_lineage import note_repair
from tests.support.openlineage_events import HAS_LINEAGE_FACET, facets_of

pytest.importorskip("airflow.providers.openlineage")

HOST = "school.instructure.com"
SECRET = "s3cr3t0123456789abcdefghijklmnop"
SECRETS = st.sampled_from(
    [
        f"https://files.example/1?verifier={SECRET}",
        f"https://user:{SECRET}@files.example/1",
        f"s3://key:{SECRET}@bucket/1",
        f'{{"access_token": "{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"https://files.example/1?X-Amz-Signature={SECRET}&a=b",
    ]
)
HOSTILE = st.builds("{}{} {}".format, st.text(max_size=40), SECRETS, st.text(st.characters(codec=None), max_size=40))


@settings(deadline=None, max_examples=50)
@given(name=HOSTILE, sis_id=HOSTILE, path=HOSTILE, state=HOSTILE)
def test_hostile_texts(name: str, sis_id: str, path: str, state: str) -> None:
    """Whatever Canvas, a user or a URL contains: a report can be sent, is valid, and contains no secret."""
    lineage = TaskLineage()
    lineage.label({"id": 1, "name": name, "sis_course_id": sis_id})
    lineage.copy(lineage.course(HOST, 1), file_dataset(path, size=1))
    lineage.read(file_dataset(f"s3://bucket/{path}"))
    lineage.describe(
        run_facets.ContentMigrationFacet(
            canvas_instance=HOST, content_migration_id=1, workflow_state=state, url=path, issue_counts={state: 1}
        )
    )
    lineage.describe(run_facets.BatchFacet(canvas_instance=HOST, batch=name, copies=1, verdicts={name: 1}))
    text = json.dumps(facets_of(operator_lineage(lineage)), ensure_ascii=False)
    assert SECRET not in text
    text.encode()
    assert SECRET not in json.dumps(lineage.labels)


def row_of(number: int) -> CopyRow:
    """Return the row of a copy of a batch with a template for each 20 sections."""
    return CopyRow(
        row_number=number,
        source_course_id=str(number // 20),
        dest_course_id=str(10_000 + number),
        plan_verdict="will_copy",
        source_course_name=f"Template {number // 20}",
        dest_course_name=f"Section {number}",
    )


@pytest.mark.parametrize("copies", [1, MAX_DATASETS, 5_000])
def test_a_batch_is_bounded(copies: int) -> None:
    """A batch lists its first courses, and counts the others: its event stays small."""
    lineage = TaskLineage()
    for number in range(copies):
        note_copy(lineage, HOST, row_of(number))
    found = facets_of(operator_lineage(lineage))
    sources, listed = len({number // 20 for number in range(copies)}), min(copies, MAX_DATASETS)
    assert (len(found["inputs"]), len(found["outputs"])) == (min(sources, MAX_DATASETS), listed)
    if HAS_LINEAGE_FACET:
        assert found["outputs"][0]["facets"]["lineage"]["inputs"][0]["name"] == "courses/0"
    unlisted = found["run_facets"].get("canvas_unlisted_datasets", {"inputs": 0, "outputs": 0})
    assert unlisted["inputs"] == sources - len(found["inputs"])
    assert unlisted["outputs"] == copies - listed
    assert len(json.dumps(found)) < 300_000


def test_files_and_tables_are_always_listed() -> None:
    """The limit is for objects of Canvas: the tables and files of a large batch are listed."""
    lineage = TaskLineage()
    for number in range(MAX_DATASETS + 5):
        lineage.write(lineage.course(HOST, number))
    lineage.write(file_dataset("/data/report.html"))
    assert [dataset.name for dataset in lineage.outputs][-1] == "/data/report.html"


def test_a_dataset_is_listed_once() -> None:
    """What a task notes a second time adds to what it noted first."""
    lineage = TaskLineage()
    lineage.write(lineage.course(HOST, 1))
    lineage.label({"id": 1, "name": "Biology"})
    lineage.write(lineage.course(HOST, 1))
    lineage.write(file_dataset("/data/1", size=3))
    lineage.write(file_dataset("/data/1"))
    assert [(each.name, each.title, each.size) for each in lineage.outputs] == [
        ("courses/1", "Biology", None),
        ("/data/1", None, 3),
    ]


@pytest.mark.parametrize("kept", [None, [], "x", {"1": None}, {"1": {"name": 5}}, {"1": {"name": ""}}])
def test_labels_that_another_version_kept(kept: Any) -> None:
    """Names that a deferral of another version kept in another form are ignored."""
    lineage = TaskLineage()
    lineage.keep_labels(kept)
    assert lineage.labels == {}


NOTHING: Any = None
COPY_JOB = Job(
    "content_migration",
    {"course_id": 2001, "content_migration_id": 90},
    {"source_course_id": 1010},
    canvas_instance=HOST,
)
EXPORT_JOB = Job("content_export", {"course_id": 1010, "content_export_id": 12}, canvas_instance=HOST)
BROKEN: dict[str, Callable[[TaskLineage], object]] = {
    "a course without an id": lambda lineage: note_changed_course(lineage, HOST, {}, "ALTER"),
    "a course that is none": lambda lineage: lineage.label(NOTHING),
    "a copy without a row": lambda lineage: note_copy(lineage, HOST, NOTHING),
    "a batch without a ledger": lambda lineage: note_batch(lineage, NOTHING, NOTHING),
    "a plan without a ledger": lambda lineage: note_plan(lineage, NOTHING, NOTHING),
    "a ledger that is none": lambda lineage: note_ledger(lineage, NOTHING),
    "a report whose path is no text": lambda lineage: note_files(lineage, writes=SimpleNamespace(__str__=None)),
    "a migration without a job": lambda lineage: note_migration(lineage, NOTHING, HOST, None),
    "a reconciliation that is none": lambda lineage: note_reconciliation(lineage, NOTHING, NOTHING, {}),
    "a result of a batch without fields": lambda lineage: note_batch_reconciliation(lineage, {}, [], NOTHING),
    "a repair without a task": lambda lineage: note_repair(NOTHING, NOTHING, NOTHING, [], None, dry_run=True),
    "a selection of a copy that cannot be read": lambda _: CanvasCourseCopyOperator(
        task_id="copy", source_course_id=1, destination_course_id=2, select="{'pages': "
    )._note_lineage(COPY_JOB),
    "a selection of an export that cannot be read": lambda _: CanvasContentExportOperator(
        task_id="export", course_id=1, select="{'pages': "
    )._note_lineage(EXPORT_JOB),
}
"""What a task may note after Canvas or another version sent something else than expected."""


@pytest.mark.parametrize("name", BROKEN)
def test_no_task_fails_because_of_its_lineage(name: str) -> None:
    """What cannot be noted is missing from the event, which can be sent all the same."""
    lineage = TaskLineage()
    BROKEN[name](lineage)
    json.dumps(facets_of(operator_lineage(lineage)))


def test_facets_without_a_value_are_valid() -> None:
    """Each facet is valid with the fields that it needs alone."""
    lineage = TaskLineage()
    values = {"str": "x", "int": 1, "bool": True, "int | str": 1, "Mapping[str, int]": {"x": 1}}
    for facet in run_facets.FACETS:
        needed = {
            each.name: values[str(each.type)]
            for each in dataclasses.fields(facet)
            if each.default is dataclasses.MISSING
        }
        lineage.describe(facet(**needed))
    assert set(facets_of(operator_lineage(lineage))["run_facets"]) == {facet.KEY for facet in run_facets.FACETS}


def test_schemas_are_up_to_date() -> None:
    """The published JSON schemas are those of the classes: ``python scripts/lineage_schemas.py`` writes them."""
    written = schemas()
    assert {path: path.read_text(encoding="utf-8") for path in written} == written
    (folder,) = {path.parent for path in written}
    assert set(folder.iterdir()) == set(written)


@pytest.mark.parametrize("uri", ["canvas://School.instructure.com:443/courses/42", f"canvas://{HOST}/batches/fall"])
def test_assets(uri: str) -> None:
    """Inlets and outlets of any task that are assets of Canvas become the same datasets."""
    (info,) = get_provider_info()["asset-uris"]
    assert info["to_openlineage_converter"].rpartition(".")[2] == convert_asset_to_openlineage.__name__
    dataset = convert_asset_to_openlineage(SimpleNamespace(uri=uri), None)
    assert dataset.namespace == f"canvas://{HOST}"
    assert dataset.name in ("courses/42", "batches/fall")
    assert convert_asset_to_openlineage(Asset(uri), None) == dataset


def test_the_page_lists_the_facets() -> None:
    """The page has a row for each facet, with its fields in their order."""
    page = (Path(__file__).parents[2] / "docs" / "openlineage.md").read_text(encoding="utf-8")
    for facet in run_facets.FACETS:
        fields = ", ".join(f"`{each.name}`" for each in dataclasses.fields(facet))
        assert f"| `{facet.KEY}` | {fields} |\n" in page


@pytest.mark.skipif(not HAS_LINEAGE_FACET, reason="The example has the facet lineage.")
def test_the_example_of_the_page_is_valid() -> None:
    """The event on the page is valid when the fields that it leaves out are added."""
    page = (Path(__file__).parents[2] / "docs" / "openlineage.md").read_text(encoding="utf-8")
    event = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    facet = run_facets.ContentMigrationFacet(**event["run"]["facets"]["canvas_content_migration"])
    lineage = TaskLineage()
    lineage.label({"id": 1010, "name": "BIOL 1010 Intro Biology — Master", "sis_course_id": "TMPL-BIOL1010"})
    lineage.copy(lineage.course(HOST, 1010), lineage.course(HOST, 2001))
    lineage.describe(facet)
    found = _shown(facets_of(operator_lineage(lineage)))
    assert {"inputs": found["inputs"], "outputs": found["outputs"], "run": {"facets": found["run_facets"]}} == event


def _shown(value: Any) -> Any:
    """Return JSON without the fields that the page leaves out: those of every facet, and empty ones."""
    if isinstance(value, dict):
        kept = {name: _shown(item) for name, item in value.items() if name not in ("_producer", "_schemaURL")}
        empty = ("facets", "inputFacets", "outputFacets", "fields", "transformations")
        return {name: item for name, item in kept.items() if item or name not in empty}
    return [_shown(item) for item in value] if isinstance(value, list) else value
