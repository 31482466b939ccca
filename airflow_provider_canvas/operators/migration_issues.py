"""Operator that collects and classifies the issues of content migrations, and resolves some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    optional_bool,
    parse_list,
    parse_structure,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.migration_issues import MigrationIssue

ISSUES_IN_RESULT = 20
"""The maximum number of issues in the result, which counts all of them."""

CONTEXTS = ("course_id", "destination_course_id", "account_id", "group_id", "user_id")
"""The parameters that may name the context of a migration; a course copy returns ``destination_course_id``."""

MIGRATION = "{'content_migration_id': 77, 'course_id': 42}"
"""An example of a migration, for messages."""

Row = dict[str, Any]


class CanvasMigrationIssuesOperator(CanvasOperator):
    """Collect the issues of content migrations, classify them, and resolve those of given classes.

    Canvas describes an issue by its severity and a sentence. From the sentence the operator derives a class, such as
    ``missing_link`` or ``quiz_answer_unknown`` (see
    :class:`~airflow_provider_canvas.client.migrations.issue_kinds.IssueClass`).
    Canvas deletes the issues of a migration that runs again; ``output_path`` keeps them. Migrations that do not exist
    are named in the result; if none exists, the task fails.

    The result is a dict: ``canvas_instance``, ``content_migrations`` (their number), ``issue_counts`` (by
    ``issue_type``), ``class_counts`` (by ``issue_class``), ``resolved`` (the number of issues that this task
    resolved), ``issues`` (the first 20, the most severe first), ``not_found`` (the first 20 migrations that do not
    exist), ``output_path``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.migration_issues.index

    :param content_migrations: A dict with ``content_migration_id`` and one of ``course_id``,
        ``destination_course_id``, ``account_id``, ``group_id`` and ``user_id``, or a list of such dicts: the result of
        any operator that creates migrations, also of mapped tasks, or its XCom ``content_migration``, which exists even
        if the task fails. (templated)
    :param resolve: The classes whose issues are resolved, such as ``["title_shortened"]``. (templated)
    :param include_resolved: Also collect issues that were resolved before. Default: ``False``.
    :param output_path: The file that receives all issues, as JSON lines: a path on any object storage that Airflow
        supports, or a local one. An existing file is replaced. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "content_migrations", "resolve", "output_path")
    template_fields_renderers = {"content_migrations": "json"}  # noqa: RUF012  # as Airflow's own operators

    def __init__(
        self,
        *,
        content_migrations: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str,
        resolve: Sequence[str] | str | None = None,
        include_resolved: bool = False,
        output_path: str | None = None,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.content_migrations = content_migrations
        self.resolve = resolve
        self.include_resolved = check_bool("include_resolved", include_resolved)
        self.output_path = output_path

    def perform(self, context: Context) -> dict[str, Any]:  # noqa: ARG002  # the base class's
        """Collect, classify and resolve the issues.

        :raises CanvasError: If Canvas rejects a request, or does not respond.
        """
        from airflow_provider_canvas.html.formats import format_count
        from airflow_provider_canvas.lineage.datasets import file_dataset
        from airflow_provider_canvas.utils.object_storage import check_output_path, write_rows

        optional_bool("include_resolved", self.include_resolved)
        output_path = check_output_path("output_path", self.output_path)
        migrations, resolve = self._migrations(), self._to_resolve()
        rows, not_found = self._collect(migrations)
        self._note_lineage(migrations)
        resolved = self._resolve([row for row in rows if row["issue_class"] in resolve])
        if output_path is not None:
            write_rows(output_path, rows)
            self.lineage.write(replace(file_dataset(output_path), rows=len(rows)))
        by_class = Counter(row["issue_class"] for row in rows)
        self.log.info(
            "%s of %s (%s); %s resolved. %s",
            format_count(len(rows), "issue"),
            format_count(len(migrations), "content migration"),
            ", ".join(f"{count:,} {name}" for name, count in by_class.most_common()) or "no issues",
            f"{resolved:,} {'is' if resolved == 1 else 'are'}",
            "The task's result has the first of them." if output_path is None else f"All are in {output_path}",
        )
        return {
            "canvas_instance": self.hook.settings.host,
            "content_migrations": len(migrations),
            "issue_counts": dict(Counter(row["issue_type"] for row in rows)),
            "class_counts": dict(by_class.most_common()),
            "resolved": resolved,
            "issues": [_for_result(row) for row in rows[:ISSUES_IN_RESULT]],
            "not_found": not_found[:ISSUES_IN_RESULT],
            "output_path": output_path,
        }

    @without_failing
    def _note_lineage(self, migrations: list[dict[str, Any]]) -> None:
        """Note the courses whose imports were read, if they are named by number."""
        from airflow_provider_canvas.lineage.datasets import canvas_dataset

        for ids in migrations:
            name, number = next(iter(ids.items()))
            if isinstance(number, int):
                self.lineage.read(canvas_dataset(self.hook.settings.host, name, number))

    def _migrations(self) -> list[dict[str, Any]]:
        """Return the migrations with the parameters of the endpoints, without duplicates.

        :raises CanvasInputError: If a migration is invalid. The message says what to write instead.
        """
        from airflow_provider_canvas.api.ids import canvas_id

        value = parse_structure("content_migrations", self.content_migrations, such_as=f"[{MIGRATION}]")
        if value is None:
            raise CanvasInputError(
                f"content_migrations names none: write a dict or a list of dicts, such as {MIGRATION}."
            )
        migrations: dict[tuple[str, ...], dict[str, Any]] = {}
        for item in [value] if isinstance(value, Mapping) else value:
            fields = item if isinstance(item, Mapping) else {}
            contexts = [name for name in CONTEXTS if fields.get(name) is not None]
            if len(contexts) != 1 or fields.get("content_migration_id") is None:
                raise CanvasInputError(
                    f"content_migrations holds {item!r}: write {MIGRATION}, with exactly one of {', '.join(CONTEXTS)}."
                )
            name = contexts[0].removeprefix("destination_")
            context_id = canvas_id(contexts[0], fields[contexts[0]], kind=name)
            migration_id = canvas_id("content_migration_id", fields["content_migration_id"])
            migrations[name, context_id, migration_id] = {
                name: int(context_id) if context_id.isdecimal() else context_id,
                "content_migration_id": int(migration_id) if migration_id.isdecimal() else migration_id,
            }
        return list(migrations.values())

    def _to_resolve(self) -> frozenset[str]:
        from airflow_provider_canvas.api.parameters import check_option
        from airflow_provider_canvas.client.migrations.issue_kinds import IssueClass

        classes, known = (
            parse_list("resolve", self.resolve, such_as="['title_shortened']"),
            [str(one) for one in IssueClass],
        )
        return frozenset(check_option("resolve", issue_class, known) for issue_class in classes or ())

    def _collect(self, migrations: list[dict[str, Any]]) -> tuple[list[Row], list[dict[str, Any]]]:
        """Return the issues of the migrations, the most severe first, and the migrations that do not exist.

        :raises CanvasNotFoundError: If none of them exists.
        """
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        rows: list[Row] = []
        not_found: list[dict[str, Any]] = []
        for ids in migrations:
            try:
                rows += self._rows(ids)
            except CanvasNotFoundError as error:
                not_found.append(ids)
                if len(not_found) == len(migrations):
                    raise
                (name, context_id), (_, migration_id) = ids.items()
                self.log.warning("content_migration %s (%s %s): %s", migration_id, name, context_id, error)
        return sorted(rows, key=_by_severity), not_found

    def _rows(self, ids: Mapping[str, Any]) -> Iterator[Row]:
        include_resolved = optional_bool("include_resolved", self.include_resolved)
        for issue in self.hook.migration_issues.list(**ids):
            if include_resolved or issue.get("workflow_state") != "resolved":
                yield self._row(ids, issue)

    def _row(self, ids: Mapping[str, Any], issue: MigrationIssue) -> Row:
        from airflow_provider_canvas.client.migrations.issue_kinds import classify_issue
        from airflow_provider_canvas.operators.migration_result import complete_address
        from airflow_provider_canvas.security.redaction import redact

        kind, fix, details = classify_issue(issue), issue.get("fix_issue_html_url"), issue.get("error_message")
        report = issue.get("error_report_html_url")
        return {
            **ids,
            "migration_issue_id": issue.get("id"),
            "issue_class": str(kind.issue_class),
            "subject": kind.subject,
            "issue_type": issue.get("issue_type", "unknown"),
            "workflow_state": issue.get("workflow_state"),
            "description": redact(str(issue.get("description"))),
            "error_message": redact(details) if details else None,
            "fix_issue_html_url": redact(complete_address(self.hook, fix)) if fix else None,
            "error_report_html_url": redact(complete_address(self.hook, report)) if report else None,
            "created_at": issue.get("created_at"),
        }

    def _resolve(self, rows: list[Row]) -> int:
        """Resolve the issues in Canvas and in the rows, and return how many were not resolved before."""
        active = [row for row in rows if row["workflow_state"] != "resolved"]
        for row in active:
            ids = {name: row[name] for name in (*CONTEXTS, "content_migration_id") if name in row}
            changed = self.hook.migration_issues.update(
                **ids, migration_issue_id=row["migration_issue_id"], workflow_state="resolved"
            )
            row["workflow_state"] = changed.get("workflow_state")
        return len(active)


def _for_result(row: Row) -> Row:
    """Return the fields of a row that the result contains."""
    return {
        **{name: value for name, value in row.items() if name not in ("error_message", "created_at")},
        "description": row["description"][:200],
    }


def _by_severity(row: Row) -> tuple[int, str, int]:
    from airflow_provider_canvas.api.migration_issues import ISSUE_TYPES

    kind = row["issue_type"]
    rank = ISSUE_TYPES.index(kind) if kind in ISSUE_TYPES else len(ISSUE_TYPES)
    return rank, row["issue_class"], row["migration_issue_id"] or 0
