"""The requests of the endpoints of content migrations, and how their responses are checked."""

from __future__ import annotations

import datetime
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.content_migrations import ZIP_IMPORT, ContentMigrations
from airflow_provider_canvas.api.migration_types import MIGRATION_TYPES
from airflow_provider_canvas.api.parameters import Unchecked
from airflow_provider_canvas.api.source_course import COURSE_COPY
from tests.api.wire import CONTEXTS, wire

COPY = {"course_id": 22, "migration_type": COURSE_COPY, "settings": {"source_course_id": 11}}
UPLOAD = {"course_id": 22, "migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc"}}
NEW = ("POST", "courses/22/content_migrations")


@pytest.mark.parametrize(("context", "path"), CONTEXTS)
class TestEveryContext:
    def test_list(self, context: dict[str, Any], path: str) -> None:
        """The list is in the context, with ``per_page``."""
        assert wire(ContentMigrations.list.call(**context)) == ("GET", f"{path}/content_migrations", [])
        sized = ContentMigrations.list.call(**context, per_page=50)
        assert wire(sized) == ("GET", f"{path}/content_migrations", [("per_page", "50")])

    def test_get(self, context: dict[str, Any], path: str) -> None:
        """A single migration is in the context, with ``include``."""
        call = ContentMigrations.get.call(content_migration_id=7, include=["audit_info"], **context)
        assert wire(call) == ("GET", f"{path}/content_migrations/7", [("include[]", "audit_info")])

    def test_update(self, context: dict[str, Any], path: str) -> None:
        """A selection is sent to the migration."""
        call = ContentMigrations.update.call(content_migration_id=7, copy={"all_assignments": True}, **context)
        assert wire(call) == ("PUT", f"{path}/content_migrations/7", [("copy[all_assignments]", "1")])

    def test_migrators(self, context: dict[str, Any], path: str) -> None:
        """The types are returned as one array."""
        call = ContentMigrations.migrators.call(**context)
        assert wire(call) == ("GET", f"{path}/content_migrations/migrators", [])
        assert call.json_type is list

    def test_selective_data(self, context: dict[str, Any], path: str) -> None:
        """The selectable content is one array, of types or of the items of one type."""
        types = ContentMigrations.selective_data.call(content_migration_id=7, **context)
        assert wire(types) == ("GET", f"{path}/content_migrations/7/selective_data", [])
        assert types.json_type is list
        items = ContentMigrations.selective_data.call(content_migration_id=7, type="wiki_pages", **context)
        assert wire(items)[2] == [("type", "wiki_pages")]


def test_asset_id_mapping() -> None:
    """The mapping is one object, for courses only."""
    call = ContentMigrations.asset_id_mapping.call(course_id="sis_course_id:BIO", content_migration_id=7)
    path = "courses/sis_course_id:BIO/content_migrations/7/asset_id_mapping"
    assert (wire(call), call.json_type) == (("GET", path, []), dict)


@pytest.mark.parametrize("inside", ["submodules_g0123", "learning_outcome_groups_12"])
def test_selective_data_of_nested_types(inside: str) -> None:
    """Types may name the content of a module or of a group of outcomes."""
    call = ContentMigrations.selective_data.call(course_id=22, content_migration_id=7, type=inside)
    assert wire(call)[2] == [("type", inside)]


def test_all_parameters_of_a_copy() -> None:
    """Settings, dates in three forms, weekdays and a selection are nested as Canvas documents them."""
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


def test_all_parameters_of_an_upload() -> None:
    """The file, its folder and the form of the storage's response are nested in ``pre_attachment``."""
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


def test_selective_import_of_a_package() -> None:
    """``selective_import`` is sent with the creation of the migration."""
    call = ContentMigrations.create.call(**UPLOAD, selective_import=True)
    assert wire(call)[2] == [
        ("migration_type", "common_cartridge_importer"),
        ("pre_attachment[name]", "a.imscc"),
        ("selective_import", "true"),
    ]


def test_copy_of_properties() -> None:
    """A course copy takes the properties that ``selective_data`` returned as ``copy``."""
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
@pytest.mark.parametrize("migration_type", [name for name, info in MIGRATION_TYPES.items() if info.file])
def test_sources_of_each_package_type(migration_type: str, source: dict[str, Any]) -> None:
    """Every type that imports a file accepts an upload, a URL and an export."""
    settings = {"folder_id": 1, **source.get("settings", {})}
    params = ContentMigrations.create.call(
        course_id=22, migration_type=migration_type, **{**source, "settings": settings}
    ).params
    assert params["migration_type"] == migration_type
    assert all(str(value) in str(params) for value in source.get("settings", {}).values())


@pytest.mark.parametrize(
    "migration_type", ["context_external_tool_7", Unchecked("acme_importer"), Unchecked("course_copy_importer")]
)
def test_types_of_tools_and_plugins(migration_type: str) -> None:
    """The type of an LTI tool is accepted in any context, and that of a plugin if it is unchecked."""
    context = {"course_id": 1} if migration_type == COURSE_COPY else {"account_id": 1}
    settings = {"source_course_id": 3} if migration_type == COURSE_COPY else {"file_url": "http://x.example.edu"}
    call = ContentMigrations.create.call(migration_type=migration_type, settings=settings, **context)
    assert call.params["migration_type"] == migration_type


def test_plugin_without_a_source() -> None:
    """An unchecked type needs no source."""
    call = ContentMigrations.create.call(group_id=3, migration_type=Unchecked("acme_importer"), settings={"acme": 1})
    assert wire(call)[2] == [("migration_type", "acme_importer"), ("settings[acme]", "1")]


sendable = st.characters(codec="utf-8", exclude_characters="\0")


@given(st.text(sendable, min_size=1, max_size=30), st.integers() | st.text(sendable))
def test_unchecked_setting(key: str, value: int | str) -> None:
    """An unchecked setting is sent unchanged, with any key and value."""
    settings = {"source_course_id": 11, Unchecked(f"x_{key}"): value}
    assert wire(ContentMigrations.create.call(**{**COPY, "settings": settings}))[2][2:] == [
        (f"settings[x_{key}]", str(value))
    ]


class TestUpdate:
    def call(self, **params: Any) -> list[tuple[str, str]]:
        """Return the parameters of an update."""
        return wire(ContentMigrations.update.call(course_id=22, content_migration_id=7, **params))[2]

    def test_select_includes_the_type(self) -> None:
        """``select`` is sent with the type of a course copy, because Canvas ignores it otherwise."""
        assert self.call(select={"pages": [1]}) == [
            ("migration_type", "course_copy_importer"),
            ("select[pages][]", "1"),
        ]

    def test_other_updates_have_no_type(self) -> None:
        """An upload, a change without a run and ``selective_import`` are sent without a type."""
        assert self.call(pre_attachment={"name": "a.zip"}) == [("pre_attachment[name]", "a.zip")]
        assert self.call(do_not_run=True, settings={"overwrite_quizzes": False}) == [
            ("settings[overwrite_quizzes]", "false"),
            ("do_not_run", "true"),
        ]
        assert self.call(selective_import=True) == [("selective_import", "true")]

    def test_run_again_is_not_sent(self) -> None:
        """``run_again`` permits the update, and is not sent to Canvas."""
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
    def test_run_again_is_required(self, params: dict[str, Any]) -> None:
        """An update without a selection would import everything again, so it needs ``run_again=True``."""
        with pytest.raises(ValueError, match=r"run the whole migration again.*run_again=True"):
            self.call(**params)


OVER_QUOTA = {"error": True, "message": "file size exceeds quota"}


def test_failed_migration_in_a_200_response() -> None:
    """A new migration that failed in a 200 response (an upload over the quota) is an error with the reason."""
    find_error: Any = ContentMigrations.create.find_error
    error = find_error({"id": 77, "workflow_state": "failed", "pre_attachment": OVER_QUOTA})
    assert error == "content migration 77 failed at once: file size exceeds quota"
    assert find_error({"id": 77, "workflow_state": "failed"}).startswith("content migration 77 failed at once")
    assert find_error({"id": 77, "workflow_state": "pre_processing"}) is None


@pytest.mark.parametrize("workflow_state", ["failed", "pre_processing", "completed"])
def test_update_of_a_migration(workflow_state: str) -> None:
    """A migration may have failed before an update (``do_not_run=True``): only a file that is refused is an error."""
    find_error: Any = ContentMigrations.update.find_error
    assert find_error({"id": 77, "workflow_state": workflow_state}) is None
    assert find_error({"id": 77, "workflow_state": workflow_state, "pre_attachment": {"upload_url": "x"}}) is None
    error = find_error({"id": 77, "workflow_state": workflow_state, "pre_attachment": OVER_QUOTA})
    assert error == "content migration 77 cannot have the file: file size exceeds quota"


def test_get_of_a_failed_migration() -> None:
    """``get`` returns a failed migration without an error."""
    assert ContentMigrations.get.find_error is None
