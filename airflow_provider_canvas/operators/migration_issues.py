"""Collecting the issues that Canvas raised in migrations, telling them apart, and resolving some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    none_if_blank,
    optional_bool,
    parse_list,
    parse_structure,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.migration_issues import MigrationIssue

ISSUES_IN_RESULT = 20
"""How many issues the result names; it counts them all."""

CONTEXTS = ("course_id", "destination_course_id", "account_id", "group_id", "user_id")
"""What says where a migration imported into; a course copy's result calls it ``destination_course_id``."""

MIGRATION = "{'content_migration_id': 77, 'course_id': 42}"
"""How a migration is written, for messages."""

Row = dict[str, Any]


class CanvasMigrationIssuesOperator(CanvasOperator):
    """Collect the issues of content migrations, say of each what kind it is, and resolve those of chosen kinds.

    Canvas gives an issue a gravity and a sentence. Here it gets a class too, such as ``missing_link`` or
    ``quiz_answer_unknown``, by the sentence (see
    :class:`~airflow_provider_canvas.client.migrations.issue_kinds.IssueClass`).
    Canvas forgets a migration's issues when the migration is run again: ``output_path`` keeps them. Migrations that are
    not there are named; if none is, the task fails.

    The result is a dict: ``canvas_instance``, ``content_migrations`` (how many were asked), ``issue_counts`` (by
    ``issue_type``), ``class_counts`` (by ``issue_class``), ``resolved`` (how many were resolved now), ``issues`` (the
    first 20, the most severe first), ``not_found`` (the first 20 migrations that are not there), ``output_path``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.migration_issues.index

    :param content_migrations: A dict with ``content_migration_id`` and one of ``course_id``,
        ``destination_course_id``, ``account_id``, ``group_id`` and ``user_id``, or a list of such dicts: the result of
        any operator here that makes migrations will do, mapped ones too, and so will what it leaves behind in the XCom
        ``content_migration``, also when it fails. (templated)
    :param resolve: The classes whose issues are set to resolved: ``["title_shortened"]``. (templated)
    :param include_resolved: Collect also what was resolved before.
    :param output_path: Where all of them go, as JSON lines: a path on any object storage that Airflow knows, or a local
        one. What was there is replaced. (templated)
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
        """Collect, classify and resolve.

        :raises CanvasError: When Canvas refuses a listing or a change, or does not answer.
        """
        from airflow_provider_canvas.utils.object_storage import write_rows

        optional_bool("include_resolved", self.include_resolved)
        wanted, resolve = self._wanted(), self._to_resolve()
        rows, not_found = self._collected(wanted)
        resolved = self._resolve([row for row in rows if row["issue_class"] in resolve])
        output_path = none_if_blank(self.output_path)
        if output_path is not None:
            write_rows(output_path, rows)
        by_class = Counter(row["issue_class"] for row in rows)
        self.log.info(
            "%d issues of %d content migrations (%s); %d resolved.",
            len(rows),
            len(wanted),
            ", ".join(f"{count} {name}" for name, count in by_class.most_common()) or "nothing to do",
            resolved,
        )
        return {
            "canvas_instance": self.hook.settings.host,
            "content_migrations": len(wanted),
            "issue_counts": dict(Counter(row["issue_type"] for row in rows)),
            "class_counts": dict(by_class.most_common()),
            "resolved": resolved,
            "issues": [_small(row) for row in rows[:ISSUES_IN_RESULT]],
            "not_found": not_found[:ISSUES_IN_RESULT],
            "output_path": None if output_path is None else str(output_path),
        }

    def _wanted(self) -> list[dict[str, Any]]:
        """Return the migrations as the endpoints name them, each once.

        :raises ValueError: With what to write instead.
        """
        from airflow_provider_canvas.api.ids import canvas_id

        found = parse_structure("content_migrations", self.content_migrations, such_as=f"[{MIGRATION}]")
        if found is None:
            raise ValueError(f"content_migrations names none: write a dict or a list of dicts, such as {MIGRATION}.")
        wanted: dict[tuple[str, ...], dict[str, Any]] = {}
        for item in [found] if isinstance(found, Mapping) else found:
            known = item if isinstance(item, Mapping) else {}
            contexts = [name for name in CONTEXTS if known.get(name) is not None]
            if len(contexts) != 1 or known.get("content_migration_id") is None:
                raise ValueError(
                    f"content_migrations holds {item!r}: write {MIGRATION}, with exactly one of {', '.join(CONTEXTS)}."
                )
            name = contexts[0].removeprefix("destination_")
            context_id = canvas_id(contexts[0], known[contexts[0]], kind=name)
            migration_id = canvas_id("content_migration_id", known["content_migration_id"])
            wanted[name, context_id, migration_id] = {
                name: int(context_id) if context_id.isdecimal() else context_id,
                "content_migration_id": int(migration_id) if migration_id.isdecimal() else migration_id,
            }
        return list(wanted.values())

    def _to_resolve(self) -> frozenset[str]:
        from airflow_provider_canvas.api.parameters import check_option
        from airflow_provider_canvas.client.migrations.issue_kinds import IssueClass

        classes, known = (
            parse_list("resolve", self.resolve, such_as="['title_shortened']"),
            [str(one) for one in IssueClass],
        )
        return frozenset(check_option("resolve", issue_class, known) for issue_class in classes or ())

    def _collected(self, wanted: list[dict[str, Any]]) -> tuple[list[Row], list[dict[str, Any]]]:
        """Return the issues of the migrations, the most severe first, and those migrations that are not there.

        :raises CanvasNotFoundError: When none of them is.
        """
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        rows: list[Row] = []
        not_found: list[dict[str, Any]] = []
        for where in wanted:
            try:
                rows += self._rows(where)
            except CanvasNotFoundError as error:
                not_found.append(where)
                if len(not_found) == len(wanted):
                    raise
                (name, context_id), (_, migration_id) = where.items()
                self.log.warning("content_migration %s (%s %s): %s", migration_id, name, context_id, error)
        return sorted(rows, key=_by_severity), not_found

    def _rows(self, where: Mapping[str, Any]) -> Iterator[Row]:
        include_resolved = optional_bool("include_resolved", self.include_resolved)
        for issue in self.hook.migration_issues.list(**where):
            if include_resolved or issue.get("workflow_state") != "resolved":
                yield self._row(where, issue)

    def _row(self, where: Mapping[str, Any], issue: MigrationIssue) -> Row:
        from airflow_provider_canvas.client.migrations.issue_kinds import classify_issue
        from airflow_provider_canvas.security.redaction import redact

        found, fix, hidden = classify_issue(issue), issue.get("fix_issue_html_url"), issue.get("error_message")
        if fix and fix.startswith("/"):
            fix = self.hook.settings.base_url + fix  # Canvas often leaves out the host
        return {
            **where,
            "migration_issue_id": issue.get("id"),
            "issue_class": str(found.issue_class),
            "subject": found.subject,
            "issue_type": issue.get("issue_type", "unknown"),
            "workflow_state": issue.get("workflow_state"),
            "description": redact(str(issue.get("description"))),
            "error_message": redact(hidden) if hidden else None,
            "fix_issue_html_url": redact(fix) if fix else None,
            "created_at": issue.get("created_at"),
        }

    def _resolve(self, rows: list[Row]) -> int:
        """Resolve the issues in Canvas and in the rows, and return how many were not resolved before."""
        active = [row for row in rows if row["workflow_state"] != "resolved"]
        for row in active:
            where = {name: row[name] for name in (*CONTEXTS, "content_migration_id") if name in row}
            changed = self.hook.migration_issues.update(
                **where, migration_issue_id=row["migration_issue_id"], workflow_state="resolved"
            )
            row["workflow_state"] = changed.get("workflow_state")
        return len(active)


def _small(row: Row) -> Row:
    """Return what of a row goes into an XCom."""
    return {
        **{name: value for name, value in row.items() if name not in ("error_message", "created_at")},
        "description": row["description"][:200],
    }


def _by_severity(row: Row) -> tuple[int, str, int]:
    from airflow_provider_canvas.api.migration_issues import ISSUE_TYPES

    kind = row["issue_type"]
    rank = ISSUE_TYPES.index(kind) if kind in ISSUE_TYPES else len(ISSUE_TYPES)
    return rank, row["issue_class"], row["migration_issue_id"] or 0
