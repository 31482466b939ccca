"""What each endpoint of content migrations sends, and how its answers are read."""

from __future__ import annotations

import datetime
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.content_migrations import COURSE_COPY, ZIP_IMPORT, ContentMigrations
from airflow_provider_canvas.api.migration_types import MIGRATION_TYPES
from airflow_provider_canvas.api.parameters import Unchecked
from tests.api.wire import CONTEXTS, wire

COPY = {"course_id": 22, "migration_type": COURSE_COPY, "settings": {"source_course_id": 11}}
UPLOAD = {"course_id": 22, "migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc"}}
NEW = ("POST", "courses/22/content_migrations")


@pytest.mark.parametrize(("context", "path"), CONTEXTS)
class TestEveryContext:
    def test_list(self, context: dict[str, Any], path: str) -> None:
        """The list is asked for in the context, with as many rows a page as the caller wants."""
        assert wire(ContentMigrations.list.call(**context)) == ("GET", f"{path}/content_migrations", [])
        sized = ContentMigrations.list.call(**context, per_page=50)
        assert wire(sized) == ("GET", f"{path}/content_migrations", [("per_page", "50")])

    def test_get(self, context: dict[str, Any], path: str) -> None:
        """One migration, with what it was asked for if the caller wants to see that."""
        call = ContentMigrations.get.call(content_migration_id=7, include=["audit_info"], **context)
        assert wire(call) == ("GET", f"{path}/content_migrations/7", [("include[]", "audit_info")])

    def test_update(self, context: dict[str, Any], path: str) -> None:
        """A choice is put to the migration."""
        call = ContentMigrations.update.call(content_migration_id=7, copy={"all_assignments": True}, **context)
        assert wire(call) == ("PUT", f"{path}/content_migrations/7", [("copy[all_assignments]", "1")])

    def test_migrators(self, context: dict[str, Any], path: str) -> None:
        """The types are one array."""
        call = ContentMigrations.migrators.call(**context)
        assert wire(call) == ("GET", f"{path}/content_migrations/migrators", [])
        assert call.json_type is list

    def test_selective_data(self, context: dict[str, Any], path: str) -> None:
        """What can be chosen is one array, of types or of one type's items."""
        types = ContentMigrations.selective_data.call(content_migration_id=7, **context)
        assert wire(types) == ("GET", f"{path}/content_migrations/7/selective_data", [])
        assert types.json_type is list
        items = ContentMigrations.selective_data.call(content_migration_id=7, type="wiki_pages", **context)
        assert wire(items)[2] == [("type", "wiki_pages")]


def test_asset_id_mapping() -> None:
    """The mapping is one object, and only courses have it."""
    call = ContentMigrations.asset_id_mapping.call(course_id="sis_course_id:BIO", content_migration_id=7)
    path = "courses/sis_course_id:BIO/content_migrations/7/asset_id_mapping"
    assert (wire(call), call.json_type) == (("GET", path, []), dict)


@pytest.mark.parametrize("inside", ["submodules_g0123", "learning_outcome_groups_12"])
def test_selective_data_of_one_module(inside: str) -> None:
    """The inside of a module, or of a group of outcomes, is a type too."""
    call = ContentMigrations.selective_data.call(course_id=22, content_migration_id=7, type=inside)
    assert wire(call)[2] == [("type", inside)]


def test_everything_that_a_copy_can_say() -> None:
    """Settings, dates in three forms, weekdays and a selection arrive nested as Canvas documents them."""
    call = ContentMigrations.create.call(
        course_id=22,
        migration_type=COURSE_COPY,
        settings={"source_course_id": "sis_course_id:BIO", "importer_skips": ["visibility_settings"]},
        date_shift_options={
            "shift_dates": True,
            "old_start_date": "2026-01-12",
            "new_start_date": datetime.date(2026, 8, 24),
            "new_end_date": pendulum.datetime(2026, 10, 16),
            "day_substitutions": {1: 2},
        },
        select={"pages": [1, "2"], "files": []},
        do_not_run=True,
    )
    assert wire(call) == (
        *NEW,
        [
            ("migration_type", "course_copy_importer"),
            ("settings[source_course_id]", "sis_course_id:BIO"),
            ("settings[importer_skips][]", "visibility_settings"),
            ("date_shift_options[shift_dates]", "true"),
            ("date_shift_options[old_start_date]", "2026-01-12"),
            ("date_shift_options[new_start_date]", "2026-08-24"),
            ("date_shift_options[new_end_date]", "2026-10-16T00:00:00+00:00"),
            ("date_shift_options[day_substitutions][1]", "2"),
            ("select[pages][]", "1"),
            ("select[pages][]", "2"),
            ("do_not_run", "true"),
        ],
    )


def test_everything_that_an_upload_can_say() -> None:
    """The file, where it goes and how the storage answers are nested in ``pre_attachment``."""
    call = ContentMigrations.create.call(
        user_id="self",
        migration_type=ZIP_IMPORT,
        settings={"folder_id": "12"},
        pre_attachment={
            "name": "week 1.zip",
            "size": 5,
            "content_type": "application/zip",
            "parent_folder_path": "imports",
            "on_duplicate": "rename",
            "no_redirect": True,
        },
    )
    assert wire(call) == (
        "POST",
        "users/self/content_migrations",
        [
            ("migration_type", "zip_file_importer"),
            ("settings[folder_id]", "12"),
            ("pre_attachment[name]", "week 1.zip"),
            ("pre_attachment[size]", "5"),
            ("pre_attachment[content_type]", "application/zip"),
            ("pre_attachment[parent_folder_path]", "imports"),
            ("pre_attachment[on_duplicate]", "rename"),
            ("pre_attachment[no_redirect]", "true"),
        ],
    )


def test_a_package_of_which_a_part_is_chosen_later() -> None:
    """A package that is to wait for its selection says so when it is made."""
    call = ContentMigrations.create.call(**UPLOAD, selective_import=True)
    assert wire(call)[2] == [
        ("migration_type", "common_cartridge_importer"),
        ("pre_attachment[name]", "a.imscc"),
        ("selective_import", "true"),
    ]


def test_a_copy_chooses_by_properties() -> None:
    """A course copy runs at once with ``copy``, which holds what ``selective_data`` gave."""
    call = ContentMigrations.create.call(**COPY, copy=["copy[all_syllabus_body]", "copy[wiki_pages][id_g1]"])
    assert wire(call)[2][2:] == [("copy[all_syllabus_body]", "1"), ("copy[wiki_pages][id_g1]", "1")]


@pytest.mark.parametrize(
    "source",
    [
        {"pre_attachment": {"name": "a"}},
        {"settings": {"file_url": "https://files.example.edu/a"}},
        {"settings": {"content_export_id": 5}},
    ],
)
@pytest.mark.parametrize("migration_type", [name for name, known in MIGRATION_TYPES.items() if known.file])
def test_each_source_of_each_package(migration_type: str, source: dict[str, Any]) -> None:
    """Every type that imports a file takes an upload, an address and an export."""
    settings = {"folder_id": 1, **source.get("settings", {})}
    params = ContentMigrations.create.call(
        course_id=22, migration_type=migration_type, **{**source, "settings": settings}
    ).params
    assert params["migration_type"] == migration_type
    assert all(str(value) in str(params) for value in source.get("settings", {}).values())


@pytest.mark.parametrize(
    "migration_type", ["context_external_tool_7", Unchecked("acme_importer"), Unchecked("course_copy_importer")]
)
def test_types_of_a_site(migration_type: str) -> None:
    """An LTI tool's type is taken in any context, and a plugin's as the caller answers for it."""
    context = {"course_id": 1} if migration_type == COURSE_COPY else {"account_id": 1}
    settings = {"source_course_id": 3} if migration_type == COURSE_COPY else {"file_url": "http://x.example.edu"}
    call = ContentMigrations.create.call(migration_type=migration_type, settings=settings, **context)
    assert call.params["migration_type"] == migration_type


def test_a_plugin_needs_what_it_needs() -> None:
    """Of a plugin's migrations nothing is known, so no source is missed."""
    call = ContentMigrations.create.call(group_id=3, migration_type=Unchecked("acme_importer"), settings={"acme": 1})
    assert wire(call)[2] == [("migration_type", "acme_importer"), ("settings[acme]", "1")]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.integers() | st.text())
def test_an_unchecked_setting_is_stored_as_it_is(key: str, value: int | str) -> None:
    """Whatever key somebody insists on reaches Canvas, with its value."""
    settings = {"source_course_id": 11, Unchecked(f"x_{key}"): value}
    assert wire(ContentMigrations.create.call(**{**COPY, "settings": settings}))[2][2:] == [
        (f"settings[x_{key}]", str(value))
    ]


class TestUpdate:
    def call(self, **params: Any) -> list[tuple[str, str]]:
        return wire(ContentMigrations.update.call(course_id=22, content_migration_id=7, **params))[2]

    def test_select_brings_its_type(self) -> None:
        """Canvas reads ``select`` only beside the type of a course copy."""
        assert self.call(select={"pages": [1]}) == [
            ("migration_type", "course_copy_importer"),
            ("select[pages][]", "1"),
        ]

    def test_the_other_choices_bring_no_type(self) -> None:
        """A new upload, a change without a run and a package that waits again are sent as they are."""
        assert self.call(pre_attachment={"name": "a.zip"}) == [("pre_attachment[name]", "a.zip")]
        assert self.call(do_not_run=True, settings={"overwrite_quizzes": False}) == [
            ("settings[overwrite_quizzes]", "false"),
            ("do_not_run", "true"),
        ]
        assert self.call(selective_import=True) == [("selective_import", "true")]

    def test_running_again_is_said_and_not_sent(self) -> None:
        """The caller's word for running everything again is for us, not for Canvas."""
        assert self.call(run_again=True) == []
        assert self.call(run_again=True, date_shift_options={"remove_dates": True}) == [
            ("date_shift_options[remove_dates]", "true")
        ]

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"do_not_run": False},
            {"selective_import": False},
            {"settings": {"overwrite_quizzes": True}},
            {"date_shift_options": {"remove_dates": True}},
        ],
    )
    def test_running_everything_again_is_refused_unasked(self, params: dict[str, Any]) -> None:
        """What names no part of the content would import all of it, so it must be asked for."""
        with pytest.raises(ValueError, match=r"run the whole migration again.*run_again=True"):
            self.call(**params)


@pytest.mark.parametrize("route", [ContentMigrations.create, ContentMigrations.update])
def test_a_migration_that_failed_at_once_is_an_error(route: Any) -> None:
    """An upload over the quota is answered with 200: the reason is in ``pre_attachment``."""
    over = {"error": True, "message": "file size exceeds quota"}
    wrong = route.find_error({"id": 77, "workflow_state": "failed", "pre_attachment": over})
    assert wrong == "content migration 77 failed at once: file size exceeds quota"
    assert route.find_error({"id": 77, "workflow_state": "failed"}).startswith("content migration 77 failed at once")
    assert route.find_error({"id": 77, "workflow_state": "pre_processing"}) is None


def test_a_failed_migration_can_be_looked_at() -> None:
    """To ask for a migration that failed is no error."""
    assert ContentMigrations.get.find_error is None
