"""``CanvasMigrationIssuesOperator`` collects the issues of many migrations, classifies them, and resolves some."""

from __future__ import annotations

import json
from collections import UserList
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from tests.support.task_attempt import Attempt, rendered


@pytest.fixture
def migrations(world: World) -> list[dict[str, int]]:
    """Return two of the demo's migrations, with issues of several classes."""
    with world.lock:
        copied, blocked = world.migrations_of(2002)[0], world.migrations_of(2006)[0]
        world.issues_of(copied).clear()
        now = RealClock().now()
        add_issue(world, copied, now, "todo", 'The title of the page "Long" was too long and has been shortened.')
        for place in ("Page body", "Syllabus"):
            add_issue(
                world,
                copied,
                now,
                "warning",
                f"Missing links found in imported content - {place}",
                fix_issue_html_url="/courses/2002/pages/x",
                error_message="https://x.example/files/1?verifier=S3CRET&a=1",
            )
    return [
        {"course_id": 2002, "content_migration_id": copied.id},
        {"destination_course_id": 2006, "content_migration_id": blocked.id, "source_course_id": 1010},
    ]


def collect(**arguments: Any) -> Any:
    """Run an operator with these arguments, and return its result."""
    task = CanvasMigrationIssuesOperator(task_id="issues", **arguments)
    return task.execute(Attempt().context(task))


def test_collect(connection: str, emulator: EmulatorServer, migrations: list[Any], tmp_path: Path) -> None:
    """Issues are sorted and counted by severity and class; the file has all of them, and no signatures."""
    path = tmp_path / "issues.jsonl"
    result = collect(content_migrations=migrations, output_path=str(path))
    assert result["content_migrations"] == 2
    assert result["issue_counts"] == {"error": 1, "warning": 2, "todo": 1}
    assert result["class_counts"] == {"missing_link": 2, "blocked_by_running": 1, "title_shortened": 1}
    assert result["resolved"] == 0
    first, second = result["issues"][:2]
    assert (first["issue_class"], first["course_id"], second["subject"]) == ("blocked_by_running", 2006, "Page body")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 4
    assert rows[1]["error_message"] == "https://x.example/files/1?a=1"
    assert rows[1]["fix_issue_html_url"] == f"{emulator.url}/courses/2002/pages/x"
    assert "S3CRET" not in path.read_text() + json.dumps(result)


def test_migration_as_text(connection: str, migrations: list[Any]) -> None:
    """A single migration may be text, as it is without native rendering."""
    assert collect(content_migrations=str(migrations[1]))["issue_counts"] == {"error": 1}


def test_duplicate_migration(connection: str, world: World, migrations: list[Any]) -> None:
    """A migration that is listed twice is requested once."""
    one = migrations[0]
    duplicate = {"course_id": str(one["course_id"]), "content_migration_id": str(one["content_migration_id"])}
    assert collect(content_migrations=[one, duplicate])["issue_counts"] == {"warning": 2, "todo": 1}
    assert len(world.requests) == 1


def test_resolve(connection: str, world: World, migrations: list[Any]) -> None:
    """Issues of the given classes are resolved once; resolved ones are collected with ``include_resolved`` only."""
    result = collect(content_migrations=migrations, resolve="['title_shortened', 'missing_link']")
    assert (result["resolved"], result["class_counts"]["missing_link"]) == (3, 2)
    assert {issue["workflow_state"] for issue in result["issues"]} == {"active", "resolved"}
    second = collect(content_migrations=migrations, resolve=["title_shortened", "missing_link"])
    assert (second["resolved"], second["issue_counts"]) == (0, {"error": 1})
    assert collect(content_migrations=migrations, include_resolved="False")["issue_counts"] == {"error": 1}
    all_issues = collect(content_migrations=migrations, include_resolved=True, resolve="missing_link")
    assert (all_issues["resolved"], all_issues["issue_counts"]["warning"]) == (0, 2)


def test_result_of_many_issues(connection: str, world: World, migrations: list[Any]) -> None:
    """The result counts all issues and contains the first twenty."""
    with world.lock:
        migration, now = world.migrations_of(2002)[0], RealClock().now()
        for number in range(150):
            add_issue(world, migration, now, "warning", f'Import Error: Quiz - "{number} {"x" * 400}"')
    result = collect(content_migrations=migrations)
    assert (len(result["issues"]), result["class_counts"]["import_error"]) == (20, 150)
    assert len(json.dumps(result)) < 16_384


def test_no_issues(connection: str, world: World, migrations: list[Any]) -> None:
    """Migrations without issues are a valid result."""
    with world.lock:
        world.issues_of(world.migrations_of(2002)[0]).clear()
    result = collect(content_migrations=migrations[:1])
    assert (result["issue_counts"], result["issues"]) == ({}, [])


class Lazy(UserList[Any]):
    """The sequence that Airflow passes for mapped tasks: it equals any sequence with the same items."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


@pytest.mark.parametrize("empty", [[], "[]", (), Lazy()], ids=repr)
def test_no_migrations(connection: str, world: World, empty: Any) -> None:
    """An empty list, such as the output of mapped tasks without items, has no issues and needs no request."""
    result = collect(content_migrations=empty)
    assert (result["content_migrations"], result["issue_counts"], result["issues"]) == (0, {}, [])
    assert not world.requests


def test_unknown_migration(
    connection: str, migrations: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown migration is named in the log and in the result, and the issues of the others are collected."""
    unknown = {"course_id": 2001, "content_migration_id": 99999}
    path = tmp_path / "issues.jsonl"
    result = collect(content_migrations=[unknown, *migrations], output_path=str(path))
    assert (result["content_migrations"], result["not_found"]) == (3, [unknown])
    assert result["issue_counts"] == {"error": 1, "warning": 2, "todo": 1}
    assert len(path.read_text().splitlines()) == 4
    assert "content_migration 99999 (course_id 2001)" in capsys.readouterr().out


def test_unknown_migrations_only(connection: str, tmp_path: Path) -> None:
    """If all migrations are unknown, the task fails without a retry, and leaves no file."""
    unknown = [{"course_id": 2001, "content_migration_id": number} for number in (99998, 99999)]
    with pytest.raises(AirflowFailException, match="does not exist"):
        collect(content_migrations=unknown, output_path=str(tmp_path / "issues.jsonl"))
    assert list(tmp_path.iterdir()) == []


def test_retry_of_resolve(connection: str, world: World, migrations: list[Any]) -> None:
    """If resolving fails half way, the retry resolves the remaining issues."""
    world.faults.rules.append(Rule("/migration_issues/", method="PUT", skip=1, status=404))
    with pytest.raises(AirflowFailException):
        collect(content_migrations=migrations, resolve=["missing_link"])
    assert collect(content_migrations=migrations, resolve=["missing_link"])["resolved"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"content_migrations": None}, "names none"),
        ({"content_migrations": "None"}, "names none"),
        ({"content_migrations": "all of them"}, r"write a dict or a list, such as \[\{'content_migration_id': 77"),
        ({"content_migrations": [77]}, r"holds 77: write \{'content_migration_id'"),
        ({"content_migrations": {"course_id": 1}}, "write {'content_migration_id'"),
        ({"content_migrations": {"content_migration_id": 7, "course_id": 1, "group_id": 2}}, "exactly one of"),
        (
            {"content_migrations": {"content_migration_id": "7a", "course_id": 1}},
            "content_migration_id must be a number",
        ),
        ({"content_migrations": {"content_migration_id": 7, "course_id": "BIO"}}, "sis_course_id:"),
        (
            {"content_migrations": {"content_migration_id": 7, "course_id": 1}, "resolve": ["missing"]},
            "missing_link'\\?$",
        ),
        ({"content_migrations": [], "include_resolved": "perhaps"}, "include_resolved is 'perhaps'"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = rendered(partial(CanvasMigrationIssuesOperator, task_id="issues"), **arguments)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests
