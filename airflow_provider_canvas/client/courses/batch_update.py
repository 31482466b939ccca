"""Batch updates of any number of courses, 500 per request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Literal

from airflow_provider_canvas.api.courses import MAX_BATCH_COURSES, Courses
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_non_empty
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.protocol.flow import Flow


def update_courses(
    caller: Caller,
    *,
    account_id: Id,
    course_ids: Sequence[Id],
    event: Literal["offer", "conclude", "delete", "undelete"],
) -> Flow[list[ProgressRecord]]:
    """Offer, conclude, delete or undelete any number of courses of an account; return a Progress per 500 courses.

    A completed Progress does not prove that a single course was changed: its message names those that were not.

    https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.batch_update

    :param account_id: The id of the account.
    :param course_ids: Numbers or SIS forms.
    :param event: The change.
    :raises CanvasError: When Canvas refuses one of the requests or does not respond. Its ``completed`` holds the
        Progresses of the requests before, which Canvas executes.
    """
    if isinstance(course_ids, Mapping):
        raise CanvasInputError(f"course_ids must be a list, such as [42, 43], not {course_ids!r}.")
    remaining = iter(dict.fromkeys(check_non_empty("course_ids", course_ids)))  # each once
    chunks = iter(lambda: list(islice(remaining, MAX_BATCH_COURSES)), [])
    # All calls are validated before the first is sent.
    calls = [Courses.batch_update.call(account_id=account_id, course_ids=chunk, event=event) for chunk in chunks]
    submitted: list[ProgressRecord] = []
    for call in calls:
        try:
            progress, _ = yield from caller.call(call)
        except CanvasError as error:
            error.completed = tuple(submitted)
            raise
        submitted.append(progress)
    return submitted
