"""The source courses of a batch: each is read once, and kept only while copies of it are reconciled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.course_pairs.course_content import CourseContent

Result = CourseContent | CanvasError | CanvasInputError


class Sources:
    """The sources that are in memory.

    :param copies: The source of each copy, in the order in which the copies are read.
    :param read: Reads a course.
    :param group: The group of the tasks that read.
    """

    def __init__(
        self, copies: Iterable[str], read: Callable[[str], Awaitable[CourseContent]], group: asyncio.TaskGroup
    ) -> None:
        self._copies_left = Counter(copies)
        self._read = read
        self._group = group
        self._tasks: dict[str, asyncio.Task[Result]] = {}

    async def take(self, source_course_id: str) -> CourseContent:
        """Return a source for one of its copies. After the last one it is forgotten here.

        :param source_course_id: The course.
        :raises CanvasError: If it cannot be read: the same error for all its copies.
        """
        if source_course_id not in self._tasks:
            self._tasks[source_course_id] = self._group.create_task(self._result(source_course_id))
        task = self._tasks[source_course_id]
        self._copies_left[source_course_id] -= 1
        if self._copies_left[source_course_id] <= 0:
            del self._tasks[source_course_id]
        result = await task
        if isinstance(result, Exception):
            raise result
        return result

    async def _result(self, source_course_id: str) -> Result:
        try:
            return await self._read(source_course_id)
        except (CanvasError, CanvasInputError) as error:  # it belongs to the copies, and must not end the group
            return error
