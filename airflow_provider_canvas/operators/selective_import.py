"""Import a part of a package, or of a course."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base_import import ImportOperator
from airflow_provider_canvas.utils.parameters import none_if_blank, parse_structure

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.ids import Id
    from airflow_provider_canvas.api.selection import SelectiveDataNode
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.migrations.selective_import import Selection, Tree
    from airflow_provider_canvas.operators.base_job import Job

CHOICE = "{'modules': ['Week 1', 'Week 2*']}"
"""An example of a choice, for messages."""


class CanvasSelectiveImportOperator(ImportOperator):
    """Import selected content of a package or a course, and wait until the import is complete.

    The migration is created so that it pauses before the import. Then the task lists its content, sends the selection,
    and waits for the import. It is submitted once, and never imports everything by accident: a retry adopts the
    migration of the earlier attempt, and checks its state before anything is sent to it. A choice that matches nothing
    fails the task, and the error lists the content; the migration then keeps waiting, and blocks no other.

    The result is a dict: ``canvas_instance`` (the host), ``course_id``, ``content_migration_id``, ``workflow_state``,
    ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by ``issue_type``), ``issues`` (the first 20, the
    most severe first) and ``selected``: by type ``count`` and ``titles`` (the first 20 of all types together; the log
    has all), or ``None`` if an earlier attempt selected and could not store it (before Airflow 3.3). For a copy it
    also has ``source_course_id``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.content_list

    :param course_id: The course to import into: its number, or ``sis_course_id:...``. (templated)
    :param choose: What to import: a dict of types (``modules``, ``pages``, ``assignments``, ``files``, ..., or as
        selective data spells them: ``context_modules``, ...) to lists of titles, patterns (``Week 2*``) or migration
        ids, or to ``True`` for all of a type. A module brings its items, a folder its files, an assignment group its
        assignments. Give exactly one of this and the next. (templated)
    :param choose_callable: A function that takes the tree of selective data, a list of nodes with ``type``, ``title``,
        ``property`` and ``sub_items``, and returns the properties of what to import.

    The other parameters are what to import from (one of ``package``, ``file_url``, ``content_export_id`` with
    ``migration_type``, or ``source_course_id``), and those of every content migration: dates (``old_start_date``,
    ``new_start_date``, ..., ``remove_dates``), what to skip and where to put it (``importer_skips``,
    ``insert_into_module_id``, ...), what to do about issues and existing content (``fail_on_issues``,
    ``if_running``, ``if_not_empty``), and how to wait (``deferrable``, ``poll_interval``, ``timeout``,
    ``cancel_on_kill``).
    """

    template_fields: Sequence[str] = (*ImportOperator.template_fields, "course_id", "choose")

    selective_import = True

    def __init__(
        self,
        *,
        course_id: int | str,
        choose: Mapping[str, Any] | str | None = None,
        choose_callable: Callable[[Tree], Iterable[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.course_id = course_id
        self.choose = choose
        self.choose_callable = choose_callable

    def _destination(self) -> dict[str, Id]:
        return {"course_id": self.course_id}

    def _validate(self) -> None:
        super()._validate()
        if (none_if_blank(self.choose) is None) is (self.choose_callable is None):
            raise ValueError("Give exactly one of choose and choose_callable.")
        if self.choose_callable is None:
            self._selection()

    def _selection(self) -> Selection:
        from airflow_provider_canvas.client.migrations.selective_import import parse_selection

        choose = parse_structure("choose", self.choose, such_as=CHOICE)
        if not isinstance(choose, Mapping):
            raise ValueError(f"choose is {choose!r}: write a dict, such as {CHOICE}.")
        return parse_selection(choose)

    def submit(self, context: Context) -> Job:
        """Submit the migration, or adopt the one that an earlier attempt of this task submitted, in any state."""
        from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION

        job = super().submit(context)
        extra = {**job.extra, "selected": self._stored_selection(context, job.ids["content_migration_id"])}
        # A migration that is completed was sent a selection before: only a selection ends its waiting.
        return replace(job, ids={**job.ids, "until": [WAITING_FOR_SELECTION, "completed"]}, extra=extra)

    def _stored_selection(self, context: Context, content_migration_id: int) -> Any:
        """Return what an earlier attempt selected for a migration; ``None`` if that is not known."""
        from airflow_provider_canvas.utils.task_store import SELECTION_KEY, submission_store

        stored = submission_store(context, SELECTION_KEY).get()
        if stored is None or stored.details.get("content_migration_id") != content_migration_id:
            return None
        return stored.details.get("selected")

    def finish(self, context: Context, job: Job, status: Status) -> Any:
        """Send the selection if the migration waits for it, and wait for the import; or return what happened."""
        from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION

        if status.state == "succeeded" and status.workflow_state == WAITING_FOR_SELECTION:
            return self._wait_or_defer(context, self._select(context, job))
        if status.state == "succeeded" and job.extra["selected"] is None:
            self.log.warning("%s: the selection was sent before, and its contents are unknown.", job.name)
        return super().finish(context, job, status)

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:
        return {**super()._complete_result(job, result), "selected": job.extra["selected"]}

    def _event_extra(self) -> dict[str, Any]:
        return {"selective_import": True}

    def _select(self, context: Context, job: Job) -> Job:
        """Send the selection, and return the job that waits for the end of the import."""
        from airflow_provider_canvas.client.jobs.content_requests import SelectionRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of
        from airflow_provider_canvas.client.migrations.selective_import import (
            format_summary,
            shorten_summary,
            summarize,
            whole_tree,
        )
        from airflow_provider_canvas.utils.task_store import SELECTION_KEY, submission_store, task_idempotency_key

        ids = {name: value for name, value in job.ids.items() if name not in ("progress_id", "until")}
        tree = self.hook.run(lambda caller: whole_tree(caller, ids))
        try:
            nodes = self._chosen(tree)
        except ValueError as error:
            raise ValueError(f"{error} Nothing was imported: {job.name} still waits for a selection.") from error
        chosen = summarize(nodes)
        self.log.info("%s: selected\n%s", job.name, "\n".join(format_summary(tree, chosen)))
        selected = shorten_summary(chosen)
        migration = Submission(
            canvas=self.hook,
            request=SelectionRequest(ids, [node["property"] for node in nodes], selected),
            idempotency_key=task_idempotency_key(context),
            store=submission_store(context, SELECTION_KEY),
        ).submit()
        if (progress_id := progress_id_of(migration)) is not None:
            ids["progress_id"] = progress_id
        return replace(job, ids=ids, extra={**job.extra, "selected": selected})

    def _chosen(self, tree: Tree) -> list[SelectiveDataNode]:
        from airflow_provider_canvas.client.migrations.selective_import import find_nodes, nodes_with_properties

        if self.choose_callable is not None:
            return nodes_with_properties(tree, self.choose_callable(tree))
        return find_nodes(tree, self._selection())
