"""The content of the HTML report, ready for the template, which only loops over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from airflow_provider_canvas.html.bars import Bar, Segment
from airflow_provider_canvas.html.formats import format_count, format_duration, format_time
from airflow_provider_canvas.html.links import course_link, safe_link
from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.content_migration import MigrationIssue
from airflow_provider_canvas.reconciliation.differences import NOT_COMPARED, compared_fields
from airflow_provider_canvas.reconciliation.inventory import Course
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.asset_links import asset_link
from airflow_provider_canvas.reconciliation.report.labels import format_shift, headline, subline, summarize_shifts
from airflow_provider_canvas.reconciliation.report.new_quizzes import summarize_new_quizzes
from airflow_provider_canvas.reconciliation.report.stale_links import StaleLinksView, view_stale_links
from airflow_provider_canvas.reconciliation.report.type_labels import kind_of, label_of_listing, label_of_type
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.summary import Tally

MAX_UNFOLDED = 25
MAX_UNFOLDED_MESSAGE = 300
"""Length of the longest message of an issue that is not folded."""

_ISSUE_TYPES = ("error", "warning", "todo")  # the most severe first


@dataclass(frozen=True)
class CourseView:
    """One of the two courses.

    :param role: ``Source`` or ``Destination``.
    :param title: The course's name.
    :param link: The URL of the course; None without a safe one.
    :param notes: Its ids and state, in one line.
    """

    role: str
    title: str
    link: str | None
    notes: str


@dataclass(frozen=True)
class Line:
    """One asset: a line of a table.

    :param kind: The asset's type, in the singular.
    :param source_title: The title in the source; empty without one.
    :param source_link: The URL in the source; None without a safe one.
    :param dest_title: The title in the destination; empty without one.
    :param dest_link: The URL in the destination; None without a safe one.
    :param detail: What differs, or what to do.
    :param match: How both sides were paired, if not by Canvas's mapping; may be empty.
    :param edited: When the destination's asset was edited, if that was after the copy; may be empty.
    """

    kind: str
    source_title: str
    source_link: str | None
    dest_title: str
    dest_link: str | None
    detail: str
    match: str
    edited: str


@dataclass(frozen=True)
class Group:
    """The assets of one status: the first are shown, the rest is folded.

    :param status: The status.
    :param count: The number of assets with this status.
    :param first: The lines that are shown.
    :param rest: The lines that are folded; may be empty.
    """

    status: Status
    count: int
    first: Sequence[Line]
    rest: Sequence[Line]


@dataclass(frozen=True)
class Matched:
    """The matched assets of one type.

    :param status: Always ``Status.MATCHED``.
    :param label: The type's name.
    :param lines: The assets.
    """

    status: Status
    label: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class IssueLine:
    """One of Canvas's issues.

    :param issue: The issue.
    :param severity: ``error``, ``warning`` or ``todo``.
    :param link: The URL of the page to fix it; None without a safe one.
    :param message: Canvas's error message; may be empty.
    :param is_folded: Whether the message is so long that it is folded.
    """

    issue: MigrationIssue
    severity: str
    link: str | None
    message: str
    is_folded: bool


@dataclass(frozen=True)
class Page:
    """Everything on the page, in order.

    :param verdict: The summary's verdict.
    :param headline: The verdict in one sentence.
    :param subline: The numbers behind the verdict.
    :param coverage: The share of the source's assets that arrived, with its percent sign; None if there are none to
        count.
    :param courses: The source, then the destination.
    :param facts: Pairs of a label and a text about the migration.
    :param bars: One bar per asset type that Canvas maps and that has rows.
    :param other_bars: One bar per other asset type that has rows.
    :param legend: The statuses that occur, each with the number of its rows.
    :param stale_links: The stale links; None without any.
    :param needs_review: The groups that a person should check.
    :param issues: Canvas's issues: open ones first, the most severe first.
    :param no_action: The groups that need no action.
    :param matched: The matched assets by type.
    :param edited: The assets that were edited in the destination after the copy.
    :param unreadable: What could not be read, in words.
    :param compared: The fields that were compared, by the asset type's name; then what else was checked.
    :param not_compared: What was not compared, in a sentence.
    :param canvas_instance: The name of the Canvas instance.
    :param reconciled_at: When the courses were compared; None if it is not known.
    :param run_id: The id of the Airflow run; may be empty.
    """

    verdict: str
    headline: str
    subline: str
    coverage: str | None
    courses: Sequence[CourseView]
    facts: Sequence[tuple[str, str]]
    bars: Sequence[Bar]
    other_bars: Sequence[Bar]
    legend: Sequence[Segment]
    stale_links: StaleLinksView | None
    needs_review: Sequence[Group]
    issues: Sequence[IssueLine]
    no_action: Sequence[Group]
    matched: Sequence[Matched]
    edited: Sequence[Line]
    unreadable: Sequence[str]
    compared: Sequence[tuple[str, str]]
    not_compared: str
    canvas_instance: str
    reconciled_at: str | None
    run_id: str


def build_page(reconciliation: Reconciliation) -> Page:
    """Return the content of the report."""
    summary, base_url = reconciliation.summary, reconciliation.base_url
    groups = [group for status in Status if (group := _group(reconciliation, status))]
    issues = [MigrationIssue.parse(issue) for issue in reconciliation.issues]
    matched = [row for row in reconciliation.rows if row.status is Status.MATCHED]
    other_types = [asset_type for asset_type in summary.types if asset_type not in ASSET_TYPES]
    return Page(
        verdict=str(summary.verdict),
        headline=headline(summary),
        subline=subline(summary),
        coverage=f"{summary.coverage:g} %" if summary.coverage is not None else None,
        courses=[
            _course(base_url, "Source", reconciliation.source),
            _course(base_url, "Destination", reconciliation.destination),
        ],
        facts=_facts(reconciliation),
        bars=[
            _bar(asset_type, summary.types[asset_type]) for asset_type in ASSET_TYPES if summary.types[asset_type].rows
        ],
        other_bars=[
            _bar(asset_type, summary.types[asset_type]) for asset_type in other_types if summary.types[asset_type].rows
        ],
        legend=_segments({status: summary.count(status) for status in Status}),
        stale_links=view_stale_links(reconciliation.stale_links, base_url),
        needs_review=[group for group in groups if group.status.needs_review],
        issues=[
            _issue(base_url, issue)
            for issue in sorted(issues, key=lambda issue: (issue.resolved, _ISSUE_TYPES.index(_severity(issue))))
        ],
        no_action=[group for group in groups if not group.status.needs_review and group.status is not Status.MATCHED],
        matched=[
            Matched(
                Status.MATCHED,
                label_of_type(asset_type),
                [_line(reconciliation, row) for row in matched if row.asset_type == asset_type],
            )
            for asset_type in (*ASSET_TYPES, *other_types)
            if summary.count(Status.MATCHED, asset_type)
        ],
        edited=[_line(reconciliation, row) for row in reconciliation.rows if row.changed_since_copy],
        unreadable=[label_of_listing(name) for name in reconciliation.unreadable],
        compared=[
            *((label_of_type(asset_type), ", ".join(labels)) for asset_type, labels in compared_fields().items()),
            *_checks(reconciliation),
        ],
        not_compared=NOT_COMPARED,
        canvas_instance=reconciliation.canvas_instance,
        reconciled_at=format_time(reconciliation.reconciled_at),
        run_id=reconciliation.run_id,
    )


def _issue(base_url: str, issue: MigrationIssue) -> IssueLine:
    message = issue.error_message or ""
    is_folded = len(message) > MAX_UNFOLDED_MESSAGE
    return IssueLine(issue, _severity(issue), safe_link(base_url, issue.fix_url), message, is_folded)


def _severity(issue: MigrationIssue) -> str:
    """Return the issue type, if the page has a colour for it, else ``todo``."""
    return issue.issue_type if issue.issue_type in _ISSUE_TYPES else "todo"


def _course(base_url: str, role: str, course: Course) -> CourseView:
    notes = [course.sis_course_id, course.term_name, f"id {course.course_id}" if course.course_id else None]
    return CourseView(
        role, course.title, course_link(base_url, course.course_id), " · ".join(note for note in notes if note)
    )


def _facts(reconciliation: Reconciliation) -> list[tuple[str, str]]:
    migration, changed = reconciliation.migration, reconciliation.summary.changed_since_copy
    facts = {
        "Migration": f"{migration.migration_type_title or ''} {migration.content_migration_id}".strip(),
        "State": migration.workflow_state,
        "Started": format_time(migration.started_at),
        "Ended": format_time(migration.ended_at),
        "Duration": format_duration(migration.seconds_running),
        "Queued for": format_duration(migration.seconds_queued) if (migration.seconds_queued or 0) >= 60 else None,
        "Due dates": summarize_shifts(reconciliation.rows),
        "New Quizzes": summarize_new_quizzes(reconciliation.rows),
        "Edited since the copy": format_count(changed, "asset") if changed else None,
    }
    return [(name, value) for name, value in facts.items() if value]


def _checks(reconciliation: Reconciliation) -> list[tuple[str, str]]:
    """Return which checks ran beyond the comparison by Canvas's mapping, in words."""
    stale = f"{len(reconciliation.stale_links):,} stale" if reconciliation.stale_links else "none stale"
    words = {
        "links": ("Links", f"checked in all texts and addresses of the destination: {stale}", "not checked"),
        "unmapped": ("Other types and course settings", "compared by name", "not compared"),
        "lti": ("Links to external tools", "launch addresses and custom fields", "not checked"),
        "new_quizzes": ("New Quizzes", "whether each copied quiz can be opened", "not checked"),
        "link_validation": ("Canvas's own link validation", "used as a second witness", "not used"),
    }
    return [(name, yes if check in reconciliation.checks else no) for check, (name, yes, no) in words.items()]


def _bar(asset_type: str, tally: Tally) -> Bar:
    caption = f"{tally.arrived:,} of {tally.expected:,}" if tally.expected else "none expected"
    return Bar(label_of_type(asset_type), caption, _segments(tally.statuses))


def _segments(counts: Mapping[Status, int]) -> list[Segment]:
    """Return the statuses that occur, in the order of a bar."""
    return [
        Segment(str(status), status.meaning.symbol, status.meaning.label, counts[status])
        for status in reversed(Status)
        if counts.get(status)
    ]


def _group(reconciliation: Reconciliation, status: Status) -> Group | None:
    lines = [_line(reconciliation, row) for row in reconciliation.rows if row.status is status]
    return Group(status, len(lines), lines[:MAX_UNFOLDED], lines[MAX_UNFOLDED:]) if lines else None


def _line(reconciliation: Reconciliation, row: AssetRow) -> Line:
    base_url, kind = reconciliation.base_url, row.asset_type
    source_id = row.source_asset_id if row.in_source else None
    dest_id = row.dest_asset_id if row.in_destination else None
    moved = format_shift(row.due_delta_days)
    return Line(
        kind=kind_of(kind),
        source_title=row.source_title or ("(no title)" if row.in_source else ""),
        source_link=asset_link(base_url, reconciliation.source.course_id, kind, source_id, row.source_url_slug),
        dest_title=(row.dest_title or "(no title)") if row.in_destination else "",
        dest_link=asset_link(base_url, reconciliation.destination.course_id, kind, dest_id, row.dest_url_slug),
        detail="; ".join(part for part in (row.detail, f"due {moved}" if moved else "") if part),
        match=_match(row),
        edited=f"edited since the copy, {format_time(row.dest_updated_at)}" if row.changed_since_copy else "",
    )


def _match(row: AssetRow) -> str:
    """Return how both sides were paired, if not by Canvas's mapping."""
    if row.matched_by in (None, "mapping") or row.status is Status.UNMAPPED_NAME_MATCH:
        return ""
    reason = "" if row.asset_type in ASSET_TYPES else ": Canvas has no mapping of this type"
    return f"matched by {row.matched_by}{reason}"
