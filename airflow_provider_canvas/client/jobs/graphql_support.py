"""What is known of a token's access to GraphQL: whether Canvas serves it, and how much at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from airflow_provider_canvas.api.graphql import MAX_ALIASES
from airflow_provider_canvas.client.settings import Settings

log = logging.getLogger(__name__)

REMEMBERED = 24 * 3600.0
"""Seconds after which everything is found out again: Canvas is updated, and keys get other scopes."""

PAUSE = 600.0
"""Seconds without GraphQL after failures that may pass."""

MAX_FAILURES = 3
"""Queries without a usable response in a row after which REST is used."""


@dataclass
class GraphqlSupport:
    """What one token of one Canvas may read with GraphQL.

    :param clock: Monotonic seconds.
    :param instead: What happens without GraphQL, for the log.
    """

    clock: Callable[[], float] = time.monotonic
    instead: str = "Jobs are polled one by one"
    _limit: int = field(default=MAX_ALIASES, init=False)
    _limit_until: float = field(default=0.0, init=False)
    _off_until: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)

    @property
    def limit(self) -> int:
        """Progresses per query at most; 0 while REST is to be used."""
        now = self.clock()
        if now < self._off_until:
            return 0
        return self._limit if now < self._limit_until else MAX_ALIASES

    def succeeded(self) -> None:
        """Record that a query returned records."""
        self._failures = 0

    def too_many(self, count: int) -> None:
        """Record that Canvas refuses so many Progresses in one query: from now on half as many are asked for."""
        if count <= self.limit:
            self._limit, self._limit_until = max(1, count // 2), self.clock() + REMEMBERED

    def failed(self, reason: str, pause: float = PAUSE) -> None:
        """Record that a query returned nothing; after three in a row REST is used for a while.

        :param reason: Why, for the log.
        :param pause: Seconds without GraphQL.
        """
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self.refused(reason, pause)

    def refused(self, reason: str, pause: float = REMEMBERED) -> None:
        """Record that GraphQL cannot be used, by default for a day.

        :param reason: Why, for the log.
        :param pause: Seconds without GraphQL.
        """
        if self.limit:
            log.info("GraphQL cannot be used (%s). %s for %.0f min.", reason, self.instead, pause / 60)
        self._failures = 0
        self._off_until = max(self._off_until, self.clock() + pause)


@dataclass
class ContentSupport(GraphqlSupport):
    """What one token of one Canvas may read of the content of courses with GraphQL.

    :param clock: Monotonic seconds.
    :param instead: What happens without GraphQL, for the log.
    :param lists_bodies: Whether the REST API lists pages with their bodies, which an older Canvas does not; None while
        that is not known.
    """

    instead: str = "Courses are read with the REST API"
    lists_bodies: bool | None = None
    _courses: int = field(default=0, init=False)
    _is_trying: bool = field(default=False, init=False)
    _is_known: bool = field(default=False, init=False)

    def begin_course(self, min_courses: int) -> bool:
        """Count a course, and tell whether to read it with GraphQL.

        While it is not known whether Canvas allows GraphQL, only one course tries it. It must then succeed or fail.

        :param min_courses: The course from which on GraphQL is tried.
        """
        self._courses += 1
        if self._courses < min_courses or not self.limit or (self._is_trying and not self._is_known):
            return False
        self._is_trying = True
        return True

    def end_course(self) -> None:
        """Record that a course that tries GraphQL was read, with or without success."""
        self._is_trying = False

    def succeeded(self) -> None:
        """Record that a query returned records."""
        super().succeeded()
        self._is_known = True


_supports: dict[tuple[str, str], GraphqlSupport] = {}
_supports_lock = threading.Lock()


def graphql_support_for(settings: Settings) -> GraphqlSupport:
    """Return what is known of the access of a token: one object for all its users in this process."""
    with _supports_lock:
        return _supports.setdefault(settings.rate_limit_key, GraphqlSupport())


def content_support_for(settings: Settings) -> ContentSupport:
    """Return what is known of the access of a token to the content of courses: one object for all its users."""
    url, token = settings.rate_limit_key
    with _supports_lock:
        support = _supports.setdefault((f"{url} content", token), ContentSupport())
    return cast("ContentSupport", support)
