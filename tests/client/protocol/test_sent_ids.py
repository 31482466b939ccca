"""The error of a 404 names every id that the request sent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.accounts import Accounts
from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.folders import Folders
from airflow_provider_canvas.api.modules import Modules
from airflow_provider_canvas.api.pages import Pages
from airflow_provider_canvas.api.users import Users
from airflow_provider_canvas.client.protocol.sent_ids import MAX_IDS, not_found_advice

COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": 14}}

SENT: list[tuple[Call[object], list[str]]] = [
    (Courses.get.call(course_id=42), ["course_id 42"]),
    (Courses.get.call(course_id="sis_course_id:BIO 1/ä"), ["course_id sis_course_id:BIO 1/ä"]),
    (Courses.get.call(course_id="sis_course_id:BIO.json"), ["course_id sis_course_id:BIO.json"]),
    (Users.get.call(user_id="sis_login_id:ada"), ["user_id sis_login_id:ada"]),
    (
        Courses.create.call(account_id=12, course={"name": "A", "term_id": "sis_term_id:F", "sis_course_id": "NEW"}),
        ["account_id 12", "course[term_id] sis_term_id:F"],
    ),
    (
        Courses.update.call(course_id=42, course={"term_id": 9, "account_id": 3, "grading_standard_id": 7}),
        ["course_id 42", "course[term_id] 9", "course[account_id] 3", "course[grading_standard_id] 7"],
    ),
    (
        ContentMigrations.create.call(course_id=42, migration_type=COPY["migration_type"], settings=COPY["settings"]),
        ["course_id 42", "settings[source_course_id] 14"],
    ),
    (
        ContentMigrations.get.call(group_id=5, content_migration_id=90),
        ["group_id 5", "content_migration_id 90"],
    ),
    (ContentMigrations.list.call(account_id="sis_account_id:X"), ["account_id sis_account_id:X"]),
    (Pages.get.call(course_id=42, url_or_id="week-1"), ["course_id 42", "url_or_id week-1"]),
    (Modules.get.call(course_id=42, module_id=7), ["course_id 42", "module_id 7"]),
    (Courses.users.call(course_id=42, user_ids=[1, 2]), ["course_id 42", "user_ids 1", "user_ids 2"]),
    (Accounts.courses.call(account_id="self"), ["account_id self"]),
    (Folders.by_path.call(course_id=42, full_path="Week 1/Readings"), ["course_id 42", "full_path Week 1/Readings"]),
]


@pytest.mark.parametrize(("call", "ids"), SENT, ids=[f"{call.method} {call.route}" for call, _ in SENT])
def test_every_id_is_named(call: Call[object], ids: list[str]) -> None:
    """The ids in the path and in the parameters are named as the user wrote them, and nothing else is."""
    expected = ids[0] if len(ids) == 1 else f"One of these ids ({', '.join(ids)})"
    assert not_found_advice(call).startswith(f"{expected} does not exist, or the token's user may not see it: check")


@pytest.mark.filterwarnings("ignore:.*deprecates.*:DeprecationWarning")
def test_ids_of_a_legacy_copy() -> None:
    """The source of a legacy copy has another name."""
    advice = not_found_advice(ContentImports.copy_course_content.call(course_id=42, source_course=14))
    assert advice.startswith("One of these ids (course_id 42, source_course 14) does not exist")


def test_many_ids() -> None:
    """A long list is shortened."""
    advice = not_found_advice(Courses.users.call(course_id=42, user_ids=list(range(1, 200))))
    assert f"user_ids {MAX_IDS - 1} and {200 - MAX_IDS} more)" in advice


def test_shards() -> None:
    """An id with a shard needs a Canvas with several shards."""
    assert "several shards" in not_found_advice(Courses.get.call(course_id="2~42"))
    assert "several shards" not in not_found_advice(Courses.get.call(course_id=42))


@given(st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable()))
def test_any_sis_id_is_named_as_it_was_written(text: str) -> None:
    """Whatever characters an SIS id has, the message has them, unless they are a secret."""
    call = Courses.get.call(course_id=f"sis_course_id:{text}")
    advice = not_found_advice(call)
    assert f"course_id sis_course_id:{text.strip()}" in advice or re.search(r"\*\*\*|token|password|Bearer", advice)


@pytest.mark.parametrize("secret", ["access_token=7~abcdefghijklmnopqrstuvwxyz", "https://x.example/?verifier=abc"])
def test_secrets_are_not_named(secret: str) -> None:
    """An address that was pasted in place of an id is redacted."""
    assert secret not in not_found_advice(Courses.get.call(course_id=f"sis_course_id:{secret}"))
