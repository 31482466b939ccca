"""The requests of the deprecated course copy, its warnings, and its errors for invalid parameters."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.content_imports import CONTENT, ContentImports
from tests.api.wire import wire


def copy(**params: Any) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the request of a copy, which must warn."""
    with pytest.warns(DeprecationWarning, match="use content_migrations.create with migration_type='course_copy_imp"):
        return wire(ContentImports.copy_course_content.call(course_id=22, **params))


@pytest.mark.parametrize(
    ("params", "pairs"),
    [
        ({}, []),
        ({"only": CONTENT}, [("only[]", name) for name in CONTENT]),
        ({"except_": ["files", "topics"]}, [("except[]", "files"), ("except[]", "topics")]),
    ],
)
def test_copy(params: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    """Types have Canvas's names, and ``except_`` is sent as ``except``."""
    source = ("source_course", "sis_course_id:BIO 1")
    assert copy(source_course="sis_course_id:BIO 1", **params) == (
        "POST",
        "courses/22/course_copy",
        [source, *pairs],
    )


def test_status() -> None:
    """The status has the id of a content migration; the call warns, and names the endpoint to use instead."""
    with pytest.warns(DeprecationWarning, match=r"use content_migrations\.get"):
        call = ContentImports.copy_course_status.call(course_id=22, content_migration_id=7)
    assert wire(call) == ("GET", "courses/22/course_copy/7", [])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"only": ["files"], "except_": ["topics"]}, "only and except_ exclude each other"),
        ({"only": []}, "only names nothing"),
        ({"except_": []}, "except_ names nothing"),
        ({"only": ["pages"]}, "'wiki_pages'"),
        ({"only": ["announcements"]}, "only 'announcements' is not one of"),
        ({"except_": "files"}, "must be a list"),
        ({"source_course": "BIO"}, "source_course 'BIO' is not an id"),
    ],
)
def test_invalid_parameters(params: dict[str, Any], message: str) -> None:
    """A parameter that Canvas would refuse, or that would copy too much, is an error that says what to write."""
    with pytest.raises(ValueError, match=message):
        ContentImports.copy_course_content.call(course_id=22, **{"source_course": 11, **params})
