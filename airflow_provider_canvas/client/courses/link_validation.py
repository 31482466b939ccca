"""A run of Canvas's own validation of the links in a course.

Each course has one Progress of its validation, which every run uses again. A start that Canvas confirms may have
started nothing, since a run was going on. So one that is going on is waited for first: its results may be older than
the last change of the course. After the start, the results of the former run do not count, if a replica still has them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.errors import CanvasJobTimeoutError, CanvasUnexpectedResponseError
from airflow_provider_canvas.client.jobs.poll_schedule import NOT_FOUND_YET, PollSchedule, format_duration

VALIDATION_TIMEOUT = 1800.0
"""Seconds. Canvas requests each address of another site, which takes minutes in a course with many."""

_RUNNING = frozenset({"queued", "running"})


async def validate_links(
    canvas: Canvas[AsyncIO], course_id: int, *, within: float = VALIDATION_TIMEOUT
) -> list[dict[str, Any]]:
    """Run a validation and return the issues that it found.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :param within: Seconds after which this stops waiting; Canvas continues.
    :raises CanvasJobTimeoutError: When the validation did not end in time.
    :raises CanvasUnexpectedResponseError: When the validation failed, or its results are not what Canvas sends.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    ends = time.monotonic() + within
    former = _completed_at(await _wait(canvas, course_id, ends))
    await canvas.link_validation.start(course_id=course_id)
    progress = await _wait(canvas, course_id, ends, is_started=True, former=former)
    results = progress.get("results")
    issues = results.get("issues") if isinstance(results, Mapping) else None
    if progress.get("workflow_state") != "completed" or not isinstance(issues, list):
        raise CanvasUnexpectedResponseError(
            f"Canvas's validation of the links of course {course_id} ended without results "
            f"(state {progress.get('workflow_state')}). Start it in the settings of the course to see why."
        )
    return [issue for issue in issues if isinstance(issue, dict)]


async def _wait(
    canvas: Canvas[AsyncIO], course_id: int, ends: float, *, is_started: bool = False, former: str | None = None
) -> Mapping[str, Any]:
    """Return the Progress when no validation runs: after a start, not what a replica has of the time before."""
    began, schedule = time.monotonic(), PollSchedule()
    while True:
        progress = await canvas.link_validation.get(course_id=course_id)
        now = time.monotonic()
        is_old = is_started and (not progress or (former is not None and _completed_at(progress) == former))
        if progress.get("workflow_state") not in _RUNNING and not (is_old and now - began < NOT_FOUND_YET):
            return progress
        if now >= ends:
            raise CanvasJobTimeoutError(
                f"Canvas's validation of the links of course {course_id} did not end in "
                f"{format_duration(ends - began)}. Reconcile again later, or without use_link_validation."
            )
        await asyncio.sleep(min(schedule.pause(now - began, progress.get("completion")), ends - now))


def _completed_at(progress: Mapping[str, Any]) -> str | None:
    """Return when the run ended whose results the Progress has."""
    results = progress.get("results")
    return results.get("completed_at") if isinstance(results, Mapping) else None
