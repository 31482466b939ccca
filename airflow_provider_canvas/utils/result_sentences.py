"""The parts of the sentence with which a task that succeeded ends its log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.security.redaction import redact


def course_in_words(course_id: Any, name: Any = None) -> str:
    """Return a course in words, such as ``course 1010 (Biology)``.

    :param course_id: Its id.
    :param name: Its name, if it is known.
    """
    return f"course {with_name(course_id, name)}"


def with_name(subject: Any, name: Any) -> str:
    """Return something with its name, such as ``1010 (Biology)``: one line without secrets, whatever the name contains.

    :param subject: It, in words, or its id.
    :param name: Its name, if it is known.
    """
    return f"{subject} ({' '.join(redact(str(name)).split())})" if name else str(subject)


def issues_in_words(counts: Mapping[str, int]) -> str:
    """Return how many issues there are of each type, such as ``3 issues (2 warning, 1 todo)``.

    :param counts: The number of issues by type.
    """
    total = sum(counts.values())
    if not total:
        return "no issues"
    types = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{total:,} {'issue' if total == 1 else 'issues'} ({types})"


def time_since(began_at: float) -> str:
    """Return how long ago something began, such as ``3 min 5 s``.

    :param began_at: When it began, in seconds since the epoch.
    """
    from airflow_provider_canvas.client.jobs.poll_schedule import format_duration

    return format_duration(time.time() - began_at)
