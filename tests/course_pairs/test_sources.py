"""Sources are read once, kept only while copies of them are read, and fail for all their copies."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasNotFoundError
from airflow_provider_canvas.course_pairs.course_content import CourseContent
from airflow_provider_canvas.course_pairs.sources import Sources

COPIES = ["1", "1", "2", "1", "2", "3"]


def taken(copies: list[str], failing: str | None = None) -> tuple[list[str], list[Any], Sources]:
    """Take the source of each copy at the same time; return the courses that were read, and the results."""
    read: list[str] = []

    async def read_course(course_id: str) -> CourseContent:
        read.append(course_id)
        await asyncio.sleep(0)
        if course_id == failing:
            raise CanvasNotFoundError(f"Course {course_id} was deleted.")
        course: Any = {"id": int(course_id)}
        return CourseContent(course, {"course": [course]})

    async def take_all() -> tuple[list[Any], Sources]:
        async with asyncio.TaskGroup() as group:
            sources = Sources(copies, read_course, group)
            tasks = [asyncio.ensure_future(sources.take(copy)) for copy in copies]
            results = await asyncio.gather(*tasks, return_exceptions=True)
        return results, sources

    results, sources = asyncio.run(take_all())
    return read, results, sources


def test_each_is_read_once() -> None:
    """All copies of a source get the same content."""
    read, results, _ = taken(COPIES)
    assert read == ["1", "2", "3"]
    assert [each.course["id"] for each in results] == [1, 1, 2, 1, 2, 3]
    assert results[0] is results[1] is results[3]


def test_none_is_kept() -> None:
    """After its last copy, a source is referred to by its copies alone."""
    _, results, sources = taken(COPIES)
    first = weakref.ref(results[0])
    del results[:]
    gc.collect()
    assert first() is None
    assert sources is not None


def test_error() -> None:
    """A source that cannot be read fails for each of its copies, and for no other."""
    read, results, _ = taken(COPIES, failing="1")
    assert read == ["1", "2", "3"]
    assert [isinstance(each, CanvasNotFoundError) for each in results] == [True, True, False, True, False, False]


@pytest.mark.parametrize("number", [1, 7])
def test_many_copies_of_one(number: int) -> None:
    """Any number of copies share a source."""
    read, results, _ = taken(["5"] * number)
    assert (read, len(results)) == (["5"], number)
