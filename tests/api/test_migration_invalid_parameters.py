"""Invalid parameters of content migrations are errors before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_canvas.api.content_migrations import ZIP_IMPORT, ContentMigrations
from airflow_provider_canvas.api.migration_settings import MigrationSettings, settings_params
from airflow_provider_canvas.api.migration_types import MIGRATION_TYPES
from airflow_provider_canvas.api.source_course import COURSE_COPY

PACKAGE = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc"}}
ONE_PAGE = {"pages": [1]}
EVERYTHING = {"everything": True}


def create(**params: Any) -> None:
    """Create a migration with these parameters."""
    ContentMigrations.create.call(course_id=22, **params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"settings": {"source_course_id": "BIO"}}, "sis_course_id:"),
        ({"settings": {"importer_skips": ["visiblity_settings"]}}, "Did you mean 'visibility_settings'"),
        ({"settings": {"importer_skips": "visibility_settings"}}, "must be a list"),
        ({"settings": {"insert_into_module_type": "pages"}}, "Did you mean 'page'"),
        ({"settings": {"insert_into_module_id": "sis_course_id:1"}}, "insert_into_module_id must be a number"),
        ({"settings": {"overwrite_quizes": True}}, "Did you mean 'overwrite_quizzes'.*Unchecked"),
        ({"settings": {"source_folder_id": 1}}, "Did you mean 'folder_id'"),
        ({"date_shift_options": {"shift_dates": True, "remove_dates": True}}, "exclude each other"),
        ({"date_shift_options": {"old_start_date": "2026-01-12"}}, "without shift_dates=True or remove_dates=True"),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {"Monday": 2}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {1: 7}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {1: 23}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "old_start": "2026-01-12"}}, "Did you mean 'old_start_date'"),
        ({"select": {"page": [1]}}, "Did you mean 'pages'"),
        ({"select": {"pages": []}}, "Canvas would copy everything"),
        ({"select": {}}, "Canvas would copy everything"),
        ({"select": {"pages": "12"}}, "must be a list of ids"),
        ({"select": {"pages": ["sis_page_id:1"]}}, r"select\['pages'\] must be a number"),
        ({"copy": {}}, "copy names nothing"),
        ({"copy": {"all_assignments": False}}, "copy names nothing"),
        ({"select": ONE_PAGE, "copy": EVERYTHING}, "reads only select of select and copy"),
        ({"selective_import": True, "select": ONE_PAGE}, "reads only selective_import.*with update"),
        ({"selective_import": True, "copy": EVERYTHING}, "reads only selective_import.*with update"),
    ],
)
def test_invalid_parameters_of_a_copy(params: dict[str, Any], message: str) -> None:
    """A parameter of a copy that Canvas would refuse, ignore or misread is an error that says what to write."""
    settings = {"source_course_id": 11, **params.pop("settings", {})}
    with pytest.raises(ValueError, match=message):
        create(migration_type=COURSE_COPY, settings=settings, **params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"migration_type": "course_copy"}, "Did you mean 'course_copy_importer'"),
        ({"migration_type": COURSE_COPY}, "course_copy_importer needs settings={'source_course_id'"),
        ({"migration_type": COURSE_COPY, "settings": {"file_url": "https://x"}}, "needs settings={'source_course_id'"),
        (
            {"migration_type": COURSE_COPY, "settings": {"source_course_id": 1, "content_export_id": 2}},
            "content_export_id and source_course_id were given: give one",
        ),
        ({"migration_type": ZIP_IMPORT, "pre_attachment": {"name": "a"}}, "needs settings={'folder_id'"),
        ({"migration_type": ZIP_IMPORT, "settings": {"folder_id": 1}}, "needs a file: .*pre_attachment.*file_url"),
        ({"migration_type": "moodle_converter"}, "needs a file"),
        ({"migration_type": "qti_converter", "settings": {"source_course_id": 1}}, "needs a file"),
        ({"migration_type": "context_external_tool_3"}, "needs a file"),
        ({**PACKAGE, "pre_attachment": {"size": 5}}, "name is missing"),
        ({**PACKAGE, "pre_attachment": {"nmae": "a"}}, "Did you mean 'name'"),
        ({**PACKAGE, "settings": {"file_url": "https://x"}}, "file_url and pre_attachment were given: give one"),
        ({"migration_type": "qti_converter", "settings": {"file_url": "/tmp/a.zip"}}, "address that Canvas can fetch"),
        ({**PACKAGE, "select": ONE_PAGE}, "would import everything.*selective_import=True.*copy with update"),
        ({**PACKAGE, "copy": EVERYTHING}, "would halt unnoticed.*selective_import=True.*copy with update"),
        ({**PACKAGE, "selective_import": True, "copy": EVERYTHING}, "would halt unnoticed"),
        (
            {
                "migration_type": ZIP_IMPORT,
                "settings": {"folder_id": 1},
                "pre_attachment": {"name": "a"},
                "selective_import": True,
            },
            "ignores selective_import",
        ),
    ],
)
def test_invalid_parameters_of_any_type(params: dict[str, Any], message: str) -> None:
    """A migration with a missing or superfluous parameter is an error that names the parameter."""
    with pytest.raises(ValueError, match=message):
        create(**params)


@pytest.mark.parametrize("context", ["account_id", "course_id", "group_id", "user_id"])
@pytest.mark.parametrize("migration_type", MIGRATION_TYPES)
def test_contexts_of_each_type(migration_type: str, context: str) -> None:
    """A type is accepted only in its contexts, which the error names."""
    info = MIGRATION_TYPES[migration_type]
    params: dict[str, Any] = {"settings": {info.setting: 1}} if info.setting else {}
    if info.file:
        params["pre_attachment"] = {"name": "a"}
    if context in info.contexts:
        call = ContentMigrations.create.call(migration_type=migration_type, **{context: 1}, **params)
        assert call.params["migration_type"] == migration_type
    else:
        with pytest.raises(ValueError, match=f"makes no {migration_type} in .*: give {info.contexts[0]}"):
            ContentMigrations.create.call(migration_type=migration_type, **{context: 1}, **params)


def test_error_without_a_signed_url() -> None:
    """The error for an invalid ``file_url`` does not contain the URL, which may be signed."""
    with pytest.raises(ValueError, match="file_url") as refusal:
        create(migration_type="qti_converter", settings={"file_url": "ftp://x?signature=s3cret"})
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("type_", ["pages", "wikipages"])
def test_invalid_type_of_selective_data(type_: str) -> None:
    """Types of ``select`` are errors in ``selective_data``, and the error names the nearest type."""
    with pytest.raises(ValueError, match="Did you mean 'wiki_pages'"):
        ContentMigrations.selective_data.call(course_id=1, content_migration_id=2, type=type_)


def test_invalid_include() -> None:
    """A misspelt ``include``, which Canvas would ignore, is an error."""
    with pytest.raises(ValueError, match="Did you mean 'audit_info'"):
        ContentMigrations.get.call(course_id=1, content_migration_id=2, include=["audit"])


@given(st.sampled_from(sorted(MigrationSettings.__annotations__)), st.data())
def test_misspelt_setting(key: str, data: st.DataObject) -> None:
    """A documented key with one letter missing is an error that names a documented key."""
    at = data.draw(st.integers(0, len(key) - 1))
    misspelt = key[:at] + key[at + 1 :]
    assume(misspelt not in MigrationSettings.__annotations__)
    with pytest.raises(ValueError, match="Did you mean"):
        settings_params({misspelt: 1})


@pytest.mark.parametrize("key", ["import_quizzes_next", "airflow_submission", "is_copy_to", "acme"])
def test_undocumented_setting(key: str) -> None:
    """A key that resembles no documented one is sent, because Canvas stores any key."""
    assert settings_params({key: "x"}) == {key: "x"}
