"""From the results of tasks to a message for people: a subject, a text, and the same as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from airflow_provider_canvas.security.redaction import redact, strip_url_secrets

MAX_ERROR = 1500
"""Longest text of an error in a message, in characters."""

MAX_ADVICE = 300
"""Longest reason, and longest advice, of a copy that did not succeed, in characters."""

SUCCEEDED = ("completed", "completed_with_issues", "already_present")
"""States of copies that are no problem."""

WEB = ("https://", "http://")
"""How addresses begin that a browser can open."""

VERDICTS_WITH_PROBLEMS = ("fail", "unreadable")
"""Verdicts of a reconciliation that are a problem."""


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What a task left in Airflow.

    :param task_id: The task.
    :param batch: The XCom ``canvas_batch`` of a task that copied a batch.
    :param reconciliation: The XCom ``canvas_reconciliation`` of a task that reconciled a batch.
    :param returned: The result of any task, which most tasks have only if they succeeded.
    :param submitted: The ids of the content migration that a task submitted, also if it failed later.
    :param page: The page of Canvas to which the task's link leads.
    :param described: What the task works on, if it left nothing else, such as ``the batch 'fall-2026'``.
    """

    task_id: str
    batch: Mapping[str, Any] | None = None
    reconciliation: Mapping[str, Any] | None = None
    returned: Mapping[str, Any] | None = None
    submitted: Mapping[str, Any] | None = None
    page: str | None = None
    described: str | None = None

    @property
    def left_anything(self) -> bool:
        """Whether the task left a result, or submitted anything."""
        return any((self.batch, self.reconciliation, self.returned, self.submitted))


@dataclass(frozen=True, kw_only=True)
class ResultMessage:
    """A message about the tasks of a DAG run that call Canvas. As text it is ``text``.

    :param subject: One line, such as the subject of a mail.
    :param text: The message as plain text, which chats show as it is.
    :param html: The message as HTML, for mails.
    :param problems: Whether anything failed, or did not succeed.
    :param report_uris: The locations of the reports that the tasks wrote.
    :param results: The result of each task by its id, for templates of your own.
    """

    subject: str
    text: str
    html: str
    problems: bool
    report_uris: Sequence[str] = ()
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text


def compose(
    headline: str,
    results: Sequence[TaskResult],
    *,
    failed: bool,
    error: str | None = None,
    footer: Sequence[tuple[str, str]] = (),
    max_copies: int = 10,
) -> ResultMessage:
    """Return the message about some tasks.

    :param headline: What happened to the task or the DAG run.
    :param results: What the tasks left.
    :param failed: Whether the task or the DAG run failed.
    :param error: Why it failed.
    :param footer: Further lines by name, such as the DAG run.
    :param max_copies: How many copies that did not succeed the message names, for each batch.
    """
    blocks = [_block(result, max_copies) for result in results]
    summary = next((block.lines[0] for block in blocks if block.lines), None)
    lines = [headline, *(line for block in blocks for line in ("", *block.text()))]
    html = [f"<p><strong>{escape(headline)}</strong></p>", *(block.html() for block in blocks)]
    if error:
        error = error if len(error) <= MAX_ERROR else f"{error[:MAX_ERROR]} ..."
        lines += ["", f"Error: {error}"]
        html.append(f"<p>Error: {escape(error)}</p>")
    if footer:
        lines += ["", *(f"{name}: {value}" for name, value in footer)]
        html.append("<p>" + "<br>".join(f"{escape(name)}: {_linked(value)}" for name, value in footer) + "</p>")
    return ResultMessage(
        subject=f"{headline} {summary}" if summary else headline,
        text="\n".join(lines),
        html="\n".join(html),
        problems=failed or any(block.problems for block in blocks),
        report_uris=tuple(block.report for block in blocks if block.report),
        results={result.task_id: dict(_data(result)) for result in results},
    )


@dataclass(frozen=True, kw_only=True)
class _Block:
    """What the message says about one task.

    :param lines: Sentences.
    :param copies: The first copies that did not succeed: each its sentence, and the page of Canvas.
    :param more: How many such copies are not named.
    :param report: The location of the report.
    :param page: A page of Canvas, if no copy names one.
    :param problems: Whether anything did not succeed.
    """

    lines: Sequence[str] = ()
    copies: Sequence[tuple[str, str | None]] = ()
    more: int = 0
    report: str | None = None
    page: str | None = None
    problems: bool = False

    def text(self) -> list[str]:
        """Return the lines of the text."""
        return [
            *self.lines,
            *(f"- {sentence}{f' {page}' if page else ''}" for sentence, page in self.copies),
            *([self._more] if self.more else []),
            *(f"{name}: {value}" for name, value in self._places),
        ]

    def html(self) -> str:
        """Return the block as HTML."""
        items = "".join(
            f"<li>{escape(sentence)}{f' {_linked(page)}' if page else ''}</li>" for sentence, page in self.copies
        )
        after = [self._more] if self.more else []
        places = [f"{escape(name)}: {_linked(value)}" for name, value in self._places]
        return "".join(
            (
                "<p>" + "<br>".join(map(escape, self.lines)) + "</p>",
                f"<ul>{items}</ul>" if items else "",
                "<p>" + "<br>".join([*map(escape, after), *places]) + "</p>" if after or places else "",
            )
        )

    @property
    def _more(self) -> str:
        return f"{self.more:,} more copies did not succeed: the report and the ledger have all of them."

    @property
    def _places(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in (("Canvas", self.page), ("Report", self.report)) if value]


def _block(result: TaskResult, max_copies: int) -> _Block:
    if result.batch is not None:
        return _batch(result.batch, max_copies)
    if result.reconciliation is not None:
        return _reconciled_batch(result.reconciliation)
    if result.returned is not None:
        return _other(result.task_id, result.returned, result.page)
    if result.submitted is not None:
        migration = result.submitted.get("content_migration_id")
        return _Block(
            lines=[
                f"The task {result.task_id} submitted content migration {migration} into {_where(result.submitted)}."
            ],
            page=result.page,
        )
    described = f", for {result.described}" if result.described else ""
    return _Block(lines=[f"The task {result.task_id} left no result{described}: see its log."], page=result.page)


def _batch(result: Mapping[str, Any], max_copies: int) -> _Block:
    states = _whole_numbers(result.get("states"))
    named = result.get("unsuccessful")
    rows = [row for row in named if isinstance(row, Mapping)] if isinstance(named, Sequence) else []
    unsuccessful = sum(states.get(state, 0) for state in ("failed", "blocked", "cancelled", "lost"))
    shown = rows[:max_copies]
    lines = [f"Batch {result.get('batch')!r}: {_counts(states, 'copy', 'copies')}."]
    if any((issues := _whole_numbers(result.get("issues"))).values()):
        lines.append(f"Canvas's unresolved issues: {_numbers(issues)}.")
    if isinstance(copied := result.get("copied"), int):
        lines.append(f"Copied by this run: {copied:,}.")
    return _Block(
        lines=lines,
        copies=[(_copy(row), _text(row.get("url"))) for row in shown],
        more=max(0, unsuccessful - len(shown)),
        report=_text(result.get("report_uri")),
        problems=any(count for state, count in states.items() if state not in SUCCEEDED),
    )


def _copy(row: Mapping[str, Any]) -> str:
    line = f"line {row['line']}: " if row.get("line") is not None else ""
    sentence = (
        f"{line}course {row.get('source_course_id')} into {row.get('destination_course_id')}: "
        f"{str(row.get('state')).replace('_', ' ')}."
    )
    for text in (row.get("message"), row.get("advice")):
        if text:
            sentence += f" {str(text)[:MAX_ADVICE].rstrip('.')}."
    return _clean(sentence)


def _reconciled_batch(result: Mapping[str, Any]) -> _Block:
    verdicts = _whole_numbers(result.get("verdicts"))
    counts = _counts(verdicts, "copy", "copies")
    assets = _whole_numbers({name: result.get(name) for name in ("arrived_assets", "expected_assets")})
    arrived, expected = assets.get("arrived_assets", 0), assets.get("expected_assets", 0)
    return _Block(
        lines=[
            f"Reconciliation of the batch {result.get('batch')!r}: {counts}.",
            f"{arrived:,} of {expected:,} expected assets arrived.",
        ],
        report=_text(result.get("report_uri")),
        problems=any(verdicts.get(verdict) for verdict in VERDICTS_WITH_PROBLEMS),
    )


def _other(task_id: str, result: Mapping[str, Any], page: str | None) -> _Block:
    """Return what is to be said about the result of a task that works on one course, or of any other task.

    The result may be a record of Canvas, or of another system: the ``url`` of a page is the last part of its address.
    """
    facts, problems = [], False
    if "workflow_state" in result:
        source = f"course {result['source_course_id']} into " if result.get("source_course_id") is not None else ""
        facts.append(f"{source}{_where(result)}: {result['workflow_state']}")
    if "verdict" in result:
        coverage = result.get("coverage_percent")
        facts.append(f"verdict {result['verdict']}" + (f", {coverage} % arrived" if coverage is not None else ""))
        problems = result["verdict"] in VERDICTS_WITH_PROBLEMS
    if isinstance(states := result.get("states") or result.get("counts"), Mapping) and states:
        facts.append(_numbers(states))
        problems = problems or bool(states.get("failed"))
    if isinstance(issues := result.get("issue_counts"), Mapping) and issues:
        facts.append(f"Canvas's issues: {_numbers(issues)}")
    sentence = f"The task {task_id}: {'; '.join(facts)}." if facts else f"The task {task_id} is done."
    url = _text(result.get("url"))
    return _Block(
        lines=[_clean(sentence)],
        page=strip_url_secrets(url) if url is not None and url.startswith(WEB) else page,
        report=_text(result.get("report_uri")),
        problems=problems,
    )


def _data(result: TaskResult) -> Mapping[str, Any]:
    return result.batch or result.reconciliation or result.returned or result.submitted or {}


def _where(result: Mapping[str, Any]) -> str:
    for name in ("destination_course_id", "course_id", "account_id", "group_id", "user_id"):
        if result.get(name) is not None:
            return f"{name.removeprefix('destination_').removesuffix('_id')} {result[name]}"
    return "Canvas"


def _counts(counts: Mapping[str, int], one: str, many: str) -> str:
    total = sum(counts.values())
    return f"{total:,} {one if total == 1 else many}: {_numbers(counts)}" if total else f"no {many}"


def _numbers(counts: Mapping[str, Any]) -> str:
    """Return counts in words, without those that are 0."""
    numbers = {name: count for name, count in _whole_numbers(counts).items() if count}
    return ", ".join(f"{count:,} {str(name).replace('_', ' ')}" for name, count in numbers.items()) or "nothing"


def _whole_numbers(counts: Any) -> dict[Any, int]:
    """Return those of some counts that are whole numbers; none if it is no mapping."""
    items = counts.items() if isinstance(counts, Mapping) else ()
    return {name: count for name, count in items if isinstance(count, int)}


def _text(value: Any) -> str | None:
    """Return a value if it is a text with any character."""
    return value if isinstance(value, str) and value else None


def _clean(sentence: str) -> str:
    """Return a sentence as one line, without secrets."""
    return " ".join(redact(sentence).split())


def _linked(address: str) -> str:
    """Return an address as HTML: a link if a browser can open it."""
    text = escape(address)
    return f'<a href="{text}">{text}</a>' if address.startswith(WEB) else text
