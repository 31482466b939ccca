"""``CanvasApiOperator`` calls any endpoint; long listings are written to a file instead of XCom."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.errors import CanvasTransportError
from airflow_provider_canvas.operators.api import CanvasApiOperator
from tests.support.task_attempt import Attempt


def run(**arguments: Any) -> Any:
    """Run an operator with these arguments, and return its result."""
    task = CanvasApiOperator(task_id="call", **arguments)
    return task.execute(Attempt().context(task))


def test_single_object(connection: str) -> None:
    """A response that is an object is returned as the task's result."""
    assert run(endpoint="courses.get", arguments={"course_id": "sis_course_id:TMPL-BIOL1010"})["id"] == 1010


def test_changing_a_setting(connection: str, world: World) -> None:
    """The example of the operator's docstring changes a setting of a course."""
    arguments = {"course_id": 2001, "hide_final_grades": True}
    assert run(endpoint="courses.update_settings", arguments=arguments)["hide_final_grades"] is True
    assert run(endpoint="courses.settings", arguments={"course_id": 2001})["hide_final_grades"] is True


def test_arguments_from_a_template(connection: str) -> None:
    """Arguments that a template rendered as the text of a dict are parsed."""
    course = run(endpoint="courses.get", arguments="{'course_id': '1010', 'include': ['term']}")
    assert course["term"]["name"]


def test_short_listing(connection: str) -> None:
    """The rows of a short listing are the task's result."""
    assert len(run(endpoint="pages.list", arguments={"course_id": 1010})) == 14


def test_long_listing_in_a_file(connection: str, tmp_path: Path) -> None:
    """The file has one JSON line per row, the result has its path and row count, and a second run replaces the file."""
    output = tmp_path / "new" / "pages.jsonl"
    for _ in range(2):
        result = run(
            endpoint="pages.list", arguments={"course_id": 1010}, inline_rows=5, output_path=f"file://{output}"
        )
        assert result == {"output_path": f"file://{output}", "rows": 14}
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert len({row["page_id"] for row in rows}) == 14


def test_unpaginated_list(connection: str, tmp_path: Path) -> None:
    """A list that Canvas does not paginate is written to a file, too."""
    output = tmp_path / "migrators.jsonl"
    result = run(endpoint="content_migrations.migrators", arguments={"course_id": 2001}, output_path=str(output))
    assert result["rows"] == len(output.read_text().splitlines()) > 3


def test_long_listing_without_a_file(connection: str) -> None:
    """A long listing without ``output_path`` fails without a retry, and the error names the parameter."""
    with pytest.raises(AirflowFailException, match=r"more than 5 rows.*give output_path"):
        run(endpoint="pages.list", arguments={"course_id": 1010}, inline_rows=5)


def test_incomplete_listing_leaves_no_file(connection: str, world: World, tmp_path: Path) -> None:
    """If a page of the listing fails, no incomplete file is left."""
    world.faults.rules.append(Rule("/pages", skip=1, status=404, times=None))
    with pytest.raises(AirflowFailException):
        run(
            endpoint="pages.list",
            arguments={"course_id": 1010, "per_page": 10},
            inline_rows=0,
            output_path=str(tmp_path / "pages.jsonl"),
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"endpoint": "courses.gett"}, r"no endpoint 'courses.gett'. Did you mean 'courses.get'"),
        ({"endpoint": "copy the course"}, r"no endpoint"),
        ({"endpoint": "courses.get"}, r"GET courses/\{course_id\} takes course_id, include.*: course_id missing"),
        ({"endpoint": "courses.get", "arguments": {"course_id": 1, "inclde": []}}, "inclde unknown"),
        ({"endpoint": "courses.get", "arguments": {"course_id": "BIO-1"}}, "not an id that Canvas accepts"),
        ({"endpoint": "courses.get", "arguments": [1]}, "write a dict of keywords"),
        ({"endpoint": "courses.get", "arguments": {"course_id": 1, "include": ["trem"]}}, "Did you mean 'term'"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request and without a retry; the error names the mistake."""
    with pytest.raises(AirflowFailException, match=message):
        run(**arguments)
    assert not world.requests


def test_unknown_parameters_in_also(connection: str, world: World) -> None:
    """Parameters in ``also`` are sent unchanged, even if this package does not know them."""
    run(endpoint="courses.get", arguments={"course_id": 1010}, also={"include": ["brand_new"]})
    assert "brand_new" in world.requests[-1].query


def test_lost_response_to_a_post(connection: str, world: World) -> None:
    """A POST whose response was lost is retried neither by the client nor by Airflow: it may have succeeded."""
    world.faults.rules.append(Rule("/courses", action=Action.DROP_AFTER))
    with pytest.raises(AirflowFailException, match=r"Canvas may have executed the request.*not retried"):
        run(endpoint="courses.create", arguments={"account_id": 1, "course": {"name": "One"}, "enroll_me": True})
    created = [course for course in run(endpoint="courses.list") if course["name"] == "One"]
    assert len(created) == 1


def test_lost_response_to_a_get(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GET that gets no response raises an error that Airflow retries."""
    connection_fields = json.loads(os.environ["AIRFLOW_CONN_CANVAS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({**connection_fields, "extra": {"retry_for": 0}}))
    world.faults.rules.append(Rule("/courses", action=Action.DROP_AFTER, times=None))
    with pytest.raises(CanvasTransportError):
        run(endpoint="courses.get", arguments={"course_id": 1010})


def test_no_signed_url_in_the_xcom(connection: str, world: World) -> None:
    """URLs lose their signatures, and the parameters of an upload are masked."""
    upload = run(endpoint="files.create", arguments={"course_id": 2001, "name": "a.txt", "size": 3})
    assert (upload["upload_url"], upload["upload_params"]) == ("***", "***")
    course = run(endpoint="courses.get", arguments={"course_id": 1010})
    assert course["calendar"] == {"ics": "***"}, "a feed needs no login"
    for file in run(endpoint="files.list", arguments={"course_id": 1010}):
        assert "verifier=" not in file["url"]
        assert file.get("uuid") in (None, "***")
