"""Wait for a content migration that another task or a person started."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.sensors.base import CanvasJobSensor
from airflow_provider_canvas.utils.job_failures import (
    context_of,
    migration_failure_of,
    migration_in_words,
    migration_page,
)
from airflow_provider_canvas.utils.parameters import check_choice, check_id, is_known_later, none_if_blank

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.waiters import Status

STATES = ("pre_processing", "pre_processed", "running", "waiting_for_select", "completed")
"""The allowed values of ``until``: all states of a migration but ``failed``, in their order."""


class CanvasContentMigrationSensor(CanvasJobSensor):
    """Wait until a content migration is completed, or in another state.

    A migration that can no longer reach that state fails the task. The sensor polls the migration itself: a Progress
    may be completed while the migration waits for a selection, and run for ever after the migration failed. The sensor
    ignores issues, and cancels nothing.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.show

    :param content_migration_id: The migration. (templated)
    :param course_id: The destination course. Give exactly one of ``course_id``, ``account_id``, ``group_id``,
        ``user_id``. (templated)
    :param account_id: The account. (templated)
    :param group_id: The group. (templated)
    :param user_id: The user. (templated)
    :param until: The state to wait for, or several of them: ``pre_processing`` (it waits for its file),
        ``pre_processed`` (documented, but never seen), ``running``, ``waiting_for_select`` (it waits for a selection),
        ``completed``. A copy is ``running`` before its ``pre_processing``, too. A short state may pass between two
        polls: name the later ones, too.
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds, or a timedelta, between two polls of a young job; a deferred sensor polls an older
        one less often. By default ``[canvas] poll_interval``, 15 seconds.
    """

    template_fields: Sequence[str] = (
        *CanvasJobSensor.template_fields,
        "content_migration_id",
        "course_id",
        "account_id",
        "group_id",
        "user_id",
    )
    waiter = "content_migration"

    def __init__(
        self,
        *,
        content_migration_id: int | str,
        course_id: int | str | None = None,
        account_id: int | str | None = None,
        group_id: int | str | None = None,
        user_id: int | str | None = None,
        until: str | Sequence[str] = "completed",
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poke_interval: float | timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            deferrable=deferrable,
            poke_interval=poke_interval,
            **kwargs,
        )
        self.content_migration_id = check_id("content_migration_id", content_migration_id)
        self.course_id = check_id("course_id", course_id, optional=True)
        self.account_id = check_id("account_id", account_id, optional=True)
        self.group_id = check_id("group_id", group_id, optional=True)
        self.user_id = check_id("user_id", user_id, optional=True)
        for state in [until] if isinstance(until, str) or is_known_later(until) else until:
            check_choice("until", state, STATES)
        self.until = until

    def ids(self) -> dict[str, Any]:
        """Return the migration's ids, and the states to wait for.

        :raises CanvasInputError: When an id is wrong, or ``until`` names an unknown state.
        """
        from airflow_provider_canvas.api.call import CONTEXTS
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.api.parameters import check_option

        context = {name: value for name in CONTEXTS if (value := none_if_blank(getattr(self, name))) is not None}
        ids = {**context, "content_migration_id": self.content_migration_id}
        ContentMigrations.get.call_with(ids)
        until = [self.until] if isinstance(self.until, str) else list(self.until)
        if not until:
            raise CanvasInputError("until is empty: name the state to wait for, such as 'completed'.")
        return {**ids, "until": [check_option("until", state, STATES) for state in until]}

    def described(self) -> str:
        """Return what messages call the migration, with its destination."""
        return migration_in_words(self.ids())

    def page(self) -> str:
        """Return the address of the page that lists the imports into the destination."""
        return migration_page(self.hook.settings.base_url, context_of(self.ids()))

    def failure(self, status: Status) -> CanvasJobError:
        """Return the error of a migration that failed, with the first of its issues."""
        return migration_failure_of(self.hook, self.ids(), status)
