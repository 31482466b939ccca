"""Any endpoint as a task: templated, checked, short answers into the XCom and long ones into a file."""

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
    task = CanvasApiOperator(task_id="call", **arguments)
    return task.execute(Attempt().context(task))


def test_one_answer(connection: str) -> None:
    """An object is the task's result."""
    assert run(endpoint="courses.get", arguments={"course_id": "sis_course_id:TMPL-BIOL1010"})["id"] == 1010


def test_something_is_changed(connection: str, world: World) -> None:
    """The example of the docstring: a setting of a course."""
    arguments = {"course_id": 2001, "hide_final_grades": True}
    assert run(endpoint="courses.update_settings", arguments=arguments)["hide_final_grades"] is True
    assert run(endpoint="courses.settings", arguments={"course_id": 2001})["hide_final_grades"] is True


def test_arguments_from_a_template(connection: str) -> None:
    """What a template made of a dict is read as one."""
    found = run(endpoint="courses.get", arguments="{'course_id': '1010', 'include': ['term']}")
    assert found["term"]["name"]


def test_a_short_listing(connection: str) -> None:
    """Its rows are the result."""
    assert len(run(endpoint="pages.list", arguments={"course_id": 1010})) == 14


def test_a_long_listing_goes_into_a_file(connection: str, tmp_path: Path) -> None:
    """One JSON line a row; the result says where and how many. A second run replaces the file."""
    output = tmp_path / "new" / "pages.jsonl"
    for _ in range(2):
        said = run(endpoint="pages.list", arguments={"course_id": 1010}, inline_rows=5, output_path=f"file://{output}")
        assert said == {"output_path": f"file://{output}", "rows": 14}
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert len({row["page_id"] for row in rows}) == 14


def test_a_list_that_is_not_paged(connection: str, tmp_path: Path) -> None:
    """It goes the same ways."""
    output = tmp_path / "migrators.jsonl"
    said = run(endpoint="content_migrations.migrators", arguments={"course_id": 2001}, output_path=str(output))
    assert said["rows"] == len(output.read_text().splitlines()) > 3


def test_a_long_listing_without_a_file(connection: str) -> None:
    """Refused with what to write, and not retried."""
    with pytest.raises(AirflowFailException, match=r"more than 5 rows.*give output_path"):
        run(endpoint="pages.list", arguments={"course_id": 1010}, inline_rows=5)


def test_a_listing_that_breaks_off_leaves_no_file(connection: str, world: World, tmp_path: Path) -> None:
    """Half a listing would look like a whole one."""
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
    ("arguments", "words"),
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
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, arguments: dict[str, Any], words: str
) -> None:
    """With what was wrong; a retry would not help."""
    with pytest.raises(AirflowFailException, match=words):
        run(**arguments)
    assert not world.requests


def test_what_only_a_newer_canvas_knows(connection: str, world: World) -> None:
    """Parameters that are not known here are sent as they are."""
    run(endpoint="courses.get", arguments={"course_id": 1010}, also={"include": ["brand_new"]})
    assert "brand_new" in world.requests[-1].query


def test_a_lost_answer_to_a_change_is_not_retried(connection: str, world: World) -> None:
    """Canvas may have made the course: neither the client nor Airflow makes another."""
    world.faults.rules.append(Rule("/courses", action=Action.DROP_AFTER))
    with pytest.raises(AirflowFailException, match=r"Canvas may have executed the request.*not retried"):
        run(endpoint="courses.create", arguments={"account_id": 1, "course": {"name": "One"}, "enroll_me": True})
    made = [course for course in run(endpoint="courses.list") if course["name"] == "One"]
    assert len(made) == 1


def test_a_lost_answer_to_a_question_is(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GET that was in vain is an error that Airflow retries."""
    said = json.loads(os.environ["AIRFLOW_CONN_CANVAS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({**said, "extra": {"retry_for": 0}}))
    world.faults.rules.append(Rule("/courses", action=Action.DROP_AFTER, times=None))
    with pytest.raises(CanvasTransportError):
        run(endpoint="courses.get", arguments={"course_id": 1010})


def test_nothing_signed_reaches_an_xcom(connection: str, world: World) -> None:
    """Addresses lose what lets their holder in, and an upload's ticket is not shown at all."""
    upload = run(endpoint="files.create", arguments={"course_id": 2001, "name": "a.txt", "size": 3})
    assert (upload["upload_url"], upload["upload_params"]) == ("***", "***")
    course = run(endpoint="courses.get", arguments={"course_id": 1010})
    assert course["calendar"] == {"ics": "***"}, "a feed needs no login"
    for file in run(endpoint="files.list", arguments={"course_id": 1010}):
        assert "verifier=" not in file["url"]
        assert file.get("uuid") in (None, "***")
