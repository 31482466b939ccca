"""Waiting for a content migration that somebody else started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_canvas.sensors.base import CanvasJobSensor
from airflow_provider_canvas.utils.parameters import none_if_blank

STATES = ("pre_processing", "pre_processed", "running", "waiting_for_select", "completed")
"""What ``until`` may name: the states of a migration but ``failed``, in their order."""


class CanvasContentMigrationSensor(CanvasJobSensor):
    """Wait until a content migration is completed, or in another state.

    One that can no longer come to that state fails the task. The sensor looks at the migration itself, which is the
    truth: a Progress may be completed while the migration waits for a selection, and run for ever after it failed.
    Issues do not matter to it, and it cancels nothing.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.show

    :param content_migration_id: The migration. (templated)
    :param course_id: The course that it imports into. Give exactly one of the four. (templated)
    :param account_id: The account. (templated)
    :param group_id: The group. (templated)
    :param user_id: The user. (templated)
    :param until: The state to wait for, or several of them: ``pre_processing`` (its file is awaited),
        ``pre_processed``, ``running``, ``waiting_for_select`` (a selection is awaited), ``completed``. Canvas may be
        through a short state between two looks: name the later ones, too.
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.content_migration_id = content_migration_id
        self.course_id = course_id
        self.account_id = account_id
        self.group_id = group_id
        self.user_id = user_id
        self.until = until

    def ids(self) -> dict[str, Any]:
        """Return the migration's ids, and the states to wait for.

        :raises ValueError: When Canvas would not take the ids, or there is no such state.
        """
        from airflow_provider_canvas.api.call import CONTEXTS
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.api.parameters import check_option

        where = {name: value for name in CONTEXTS if (value := none_if_blank(getattr(self, name))) is not None}
        ids = {**where, "content_migration_id": self.content_migration_id}
        ContentMigrations.get.call_with(ids)
        until = [self.until] if isinstance(self.until, str) else list(self.until)
        if not until:
            raise ValueError("until is empty: name the state to wait for, such as 'completed'.")
        return {**ids, "until": [check_option("until", state, STATES) for state in until]}
