"""The message that the notifier sends: what it says of each kind of result, and what it never contains."""

from __future__ import annotations

from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.notifications.message import ResultMessage, TaskResult, compose
from airflow_provider_canvas.notifications.result import CanvasResultNotifier
from airflow_provider_canvas.notifications.run_results import message_of, redacted_error
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from tests.support.message_sinks import chat, mail_server

PAGE = "https://school.example/courses/2003/content_migrations"


def unsuccessful(line: int, **other: Any) -> dict[str, Any]:
    """Return a copy that did not succeed, as the XCom ``canvas_batch`` names it."""
    return {
        "line": line,
        "destination_course_id": "2003",
        "source_course_id": "1010",
        "state": "failed",
        "message": "Quota <exceeded> & more",
        "advice": "Ask for more room.",
        "url": PAGE,
        **other,
    }


def batch(**other: Any) -> dict[str, Any]:
    """Return the XCom of a batch with three copies that failed."""
    return {
        "batch": "fall-2026",
        "states": {"completed": 1478, "failed": 3, "refused": 2},
        "issues": {"warning": 4, "error": 0},
        "copied": 12,
        "unsuccessful": [unsuccessful(line) for line in (17, 18, 19)],
        "report_uri": "s3://aws_default@reports/fall-2026.html",
        **other,
    }


RESULTS: dict[str, tuple[TaskResult, bool, list[str]]] = {
    "a batch": (
        TaskResult(task_id="copy", batch=batch()),
        True,
        [
            "Batch 'fall-2026': 1,483 copies: 1,478 completed, 3 failed, 2 refused.",
            "Canvas's unresolved issues: 4 warning.",
            "Copied by this run: 12.",
            f"- line 17: course 1010 into 2003: failed. Quota <exceeded> & more. Ask for more room. {PAGE}",
            "1 more copies did not succeed: the report and the ledger have all of them.",
            "Report: s3://aws_default@reports/fall-2026.html",
        ],
    ),
    "a batch without problems": (
        TaskResult(task_id="copy", batch=batch(states={"completed": 1, "already_present": 2}, unsuccessful=[])),
        False,
        ["Batch 'fall-2026': 3 copies: 1 completed, 2 already present."],
    ),
    "an empty batch": (
        TaskResult(task_id="copy", batch={"batch": "b", "states": {}}),
        False,
        ["Batch 'b': no copies."],
    ),
    "a reconciled batch": (
        TaskResult(
            task_id="check",
            reconciliation={
                "batch": "b",
                "verdicts": {"pass": 3, "fail": 1},
                "arrived_assets": 9,
                "expected_assets": 10,
            },
        ),
        True,
        ["Reconciliation of the batch 'b': 4 copies: 3 pass, 1 fail.", "9 of 10 expected assets arrived."],
    ),
    "one copy": (
        TaskResult(
            task_id="copy",
            returned={
                "source_course_id": 1010,
                "destination_course_id": 2001,
                "workflow_state": "completed",
                "issue_counts": {"warning": 2},
                "url": PAGE,
            },
        ),
        False,
        ["The task copy: course 1010 into course 2001: completed; Canvas's issues: 2 warning.", f"Canvas: {PAGE}"],
    ),
    "one reconciliation": (
        TaskResult(task_id="check", returned={"verdict": "fail", "coverage_percent": 98.5, "report_uri": "/r/1.html"}),
        True,
        ["The task check: verdict fail, 98.5 % arrived.", "Report: /r/1.html"],
    ),
    "a batch update": (
        TaskResult(task_id="publish", returned={"counts": {"available": 2}}),
        False,
        ["The task publish: 2 available."],
    ),
    "a result that says nothing": (TaskResult(task_id="t", returned={}), False, ["The task t is done."]),
    "a failed import": (
        TaskResult(task_id="copy", submitted={"course_id": 2001, "content_migration_id": 77}, page=PAGE),
        False,
        ["The task copy submitted content migration 77 into course 2001.", f"Canvas: {PAGE}"],
    ),
    "a killed worker": (
        TaskResult(task_id="copy", described="the batch 'fall-2026'"),
        False,
        ["The task copy left no result, for the batch 'fall-2026': see its log."],
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_each_kind_of_result(name: str) -> None:
    """The text has a line per fact, and the HTML says the same."""
    result, problems, lines = RESULTS[name]
    message = compose("The task failed.", [result], failed=False, max_copies=2)
    assert message.problems == problems
    assert [line for line in lines if line not in message.text.splitlines()] == []
    shown = as_text(message.html)
    assert [line for line in lines if line.removeprefix("- ") not in shown] == []
    assert message.subject.startswith("The task failed.")
    assert "\n" not in message.subject


UNUSUAL: dict[str, tuple[dict[str, Any], str]] = {
    "a number as the address": ({"returned": {"url": 5}}, "The task t is done."),
    "an object as the address": ({"returned": {"url": {"href": PAGE}}}, "The task t is done."),
    "a page of Canvas, whose url is no address": ({"returned": {"url": "week-1", "title": "W"}}, "The task t is done."),
    "a number as the report": ({"returned": {"report_uri": 7}}, "The task t is done."),
    "a verdict with a line feed": ({"returned": {"verdict": "a\nb"}}, "The task t: verdict a b."),
    "states that are no numbers": ({"batch": {"batch": "b", "states": {"failed": None}}}, "Batch 'b': no copies."),
    "states that are a list": ({"batch": {"batch": "b", "states": [1]}}, "Batch 'b': no copies."),
    "a batch without anything": ({"batch": {}}, "Batch None: no copies."),
    "text as the number of copies": ({"batch": {"batch": "b", "copied": "5"}}, "Batch 'b': no copies."),
    "a copy whose reason is a number": (
        {"batch": batch(unsuccessful=[unsuccessful(1, message=5, advice="a\nb", url=6)])},
        "- line 1: course 1010 into 2003: failed. 5. a b.",
    ),
    "a copy that is none": (
        {"batch": batch(unsuccessful=["x"])},
        "3 more copies did not succeed: the report and the ledger have all of them.",
    ),
    "copies that are a number": (
        {"batch": batch(unsuccessful=3)},
        "3 more copies did not succeed: the report and the ledger have all of them.",
    ),
    "a reconciliation without numbers": (
        {"reconciliation": {"batch": "b", "verdicts": {"fail": None}, "arrived_assets": None}},
        "0 of 0 expected assets arrived.",
    ),
    "a signed address": (
        {"returned": {"url": "https://school.example/files/1/download?download_frd=1&verifier=SeCrEt123"}},
        "Canvas: https://school.example/files/1/download?download_frd=1",
    ),
}
"""Results of other versions, of other tasks and of Canvas itself, and a line of the message about each."""


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_result(name: str) -> None:
    """A result that is not as this version writes it leaves a message with what can be read, and without secrets."""
    left, line = UNUSUAL[name]
    message = compose("The task ended.", [TaskResult(task_id="t", **left)], failed=False)
    assert line in message.text.splitlines()
    assert "SeCrEt" not in message.html + message.text
    assert "week-1" not in message.text
    assert "\n" not in message.subject


@pytest.mark.parametrize("failed", [True, False])
def test_a_failure_is_a_problem(failed: bool) -> None:
    """A message about a failure has the error, cut to what a chat shows, and is a problem whatever the results say."""
    message = compose("The task.", [], failed=failed, error="x" * 9999 if failed else None, footer=[("Log", PAGE)])
    assert message.problems == failed
    assert (f"Error: {'x' * 1500} ..." in message.text) == failed
    assert f'Log: <a href="{PAGE}">{PAGE}</a>' in message.html
    assert str(message) == message.text


def test_html_is_escaped() -> None:
    """Texts of Canvas are no markup, and an address is a link only if a browser can open it."""
    rows = [unsuccessful(1, message="<script>alert(1)</script>", url="javascript:alert(1)")]
    message = compose("<b>", [TaskResult(task_id="copy", batch=batch(unsuccessful=rows))], failed=True, error="<i>")
    assert "<script" not in message.html
    assert "<i>" not in message.html
    assert "<b>" not in message.html
    assert "href" not in message.html


@pytest.mark.parametrize(
    "text",
    [
        "401 for https://school.example/api/v1/courses?access_token=7~abcdefghijklmnopqrstuvwxyz0123456789abcdefgh",
        "postgresql://lms:of-the-ledger@db.example/canvas does not respond",
        "Authorization: Bearer 7~abcdefghijklmnopqrstuvwxyz0123456789abcdefgh",
    ],
)
def test_errors_have_no_secrets(text: str) -> None:
    """Neither a token nor a password of an error is in the message."""
    cleaned = redacted_error(RuntimeError(text))
    assert "abcdefghijklmnop" not in cleaned
    assert "of-the-ledger" not in cleaned


class Recorder:
    """A notifier of another provider, which fails if a test says so."""

    def __init__(self, messages: list[ResultMessage], *, fails: bool = False) -> None:
        self.messages, self.fails = messages, fails

    def __call__(self, context: Any) -> None:
        """Keep the message."""
        if self.fails:
            raise RuntimeError("no way to tell anybody")
        self.messages.append(context["canvas"])


def test_an_error_of_a_notifier_stops_no_other() -> None:
    """A notifier that fails is logged, the next one is called, and nothing is raised."""
    messages: list[ResultMessage] = []
    notifier = CanvasResultNotifier(Recorder(messages, fails=True), Recorder(messages))
    notifier({"dag": None, "run_id": "r", "reason": "task_failure"})
    assert [message.text.splitlines()[0] for message in messages] == ["The DAG None failed (task_failure)."]


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"ti": object()},
        {"ti": None, "dag": None, "task": None, "run_id": None, "exception": None},
        {"run_id": 7},
        {"dag": object(), "run_id": 7},
        {"dag": "copy_courses", "reason": 7},
        {"task": object(), "run_id": "r"},
        {"exception": "the worker was killed"},
    ],
    ids=lambda context: " ".join(context) or "nothing",
)
def test_a_context_without_what_it_needs_raises_nothing(context: dict[str, Any]) -> None:
    """Whatever Airflow passes, a callback never fails, and sends what it knows."""
    messages: list[ResultMessage] = []
    CanvasResultNotifier(Recorder(messages))(context)
    assert len(messages) == 1


@pytest.mark.parametrize(("reason", "sent"), [("success", 0), ("task_failure", 1), ("timed_out", 1)])
def test_only_problems(reason: str, sent: int) -> None:
    """With ``only_problems``, nothing is sent about a run that succeeded."""
    messages: list[ResultMessage] = []
    CanvasResultNotifier(Recorder(messages), only_problems=True)({"dag": None, "run_id": "r", "reason": reason})
    assert len(messages) == sent


@pytest.mark.parametrize(
    ("notifiers", "options", "named"),
    [
        ((), {}, "SmtpNotifier"),
        (("lms@school.example",), {}, "got str"),
        ((print,), {"only_problems": "often"}, "only_problems"),
        ((print,), {"max_copies": 0}, "max_copies"),
    ],
)
def test_what_is_plainly_wrong(notifiers: tuple[Any, ...], options: dict[str, Any], named: str) -> None:
    """A mistake in the DAG file is an error when it is parsed, and says what to write."""
    with pytest.raises(CanvasInputError, match=named):
        CanvasResultNotifier(*notifiers, **options)


def as_text(html: str) -> str:
    """Return what a browser shows of HTML."""
    texts: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

    Reader().feed(html)
    return "".join(texts)


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a DAG with two Canvas tasks, whose XComs are those of a batch that failed and of a copy that succeeded."""
    from airflow.providers.common.compat.sdk import DAG, XCom

    left = {
        ("copy", "canvas_batch"): batch(),
        ("single", "return_value"): {"destination_course_id": 2001, "workflow_state": "completed"},
    }
    monkeypatch.setattr(XCom, "get_value", lambda key, ti_key: left.get((ti_key.task_id, key)))
    with DAG("told", schedule=None) as made:
        CanvasBulkCourseCopyOperator(task_id="copy", batch="fall-2026", sql_conn_id="warehouse")
        CanvasCourseCopyOperator(task_id="single", source_course_id=1010, destination_course_id=2001)
    return made


def test_mail_and_chat(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notifiers of other providers send each message with its own text, about all tasks of the run, to real servers."""
    from airflow.providers.http.notifications.http import HttpNotifier
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    with mail_server() as server, chat() as webhook:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection)
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", webhook.connection)
        mail = SmtpNotifier(to="lms@school.example", subject="{{ canvas.subject }}", html_content="{{ canvas.html }}")
        post = HttpNotifier(http_conn_id="chat", endpoint="incoming", json={"text": "{{ canvas.text }}"})
        notifier = CanvasResultNotifier(mail, post)
        for run_id in ("first", "second"):
            notifier({"dag": dag, "run_id": run_id, "reason": "task_failure"})
        server.refuses = True
        notifier({"dag": dag, "run_id": "third", "reason": "success"})
        texts = [each["text"] for each in webhook.posts]
        assert [text.splitlines()[0] for text in texts] == [
            "The DAG told failed (task_failure).",
            "The DAG told failed (task_failure).",
            "The DAG told succeeded.",
        ]
        assert [text.splitlines()[-1] for text in texts] == ["DAG run: first", "DAG run: second", "DAG run: third"]
        assert all("Batch 'fall-2026': 1,483 copies" in text for text in texts)
        assert all("The task single: course 2001: completed." in text for text in texts)
        assert len(server.mails) == 2
        subject, body = server.text(0)
        assert "".join(subject.splitlines()).startswith("The DAG told failed (task_failure). Batch 'fall-2026'")
        assert "<li>line 17: course 1010 into 2003: failed." in body


@pytest.mark.parametrize(
    ("state", "error", "left", "first"),
    [
        ("failed", RuntimeError("no"), None, "The task copy of the DAG told failed (attempt 2)."),
        ("up_for_retry", ValueError(), None, "The task copy of the DAG told failed, and will be retried (attempt 2)."),
        ("success", None, {"batch": "b", "states": {}}, "The task copy of the DAG told succeeded."),
        ("skipped", None, None, "The task copy of the DAG told was skipped."),
        (None, None, None, "The task copy of the DAG told failed (attempt 2)."),  # a killed worker
        ("running", None, {"batch": "b", "states": {}}, "The task copy of the DAG told succeeded."),
    ],
)
def test_the_end_of_a_task(  # noqa: PLR0917
    dag: Any, monkeypatch: pytest.MonkeyPatch, state: str | None, error: Exception | None, left: Any, first: str
) -> None:
    """The first line says how the task ended, also if a killed worker left neither an error nor a state."""
    from airflow.providers.common.compat.sdk import XCom

    monkeypatch.setattr(XCom, "get_value", lambda key, ti_key: left if key == "canvas_batch" else None)
    ti = SimpleNamespace(task_id="copy", dag_id="told", run_id="r", map_index=-1, try_number=2, state=state)
    context = {"dag": dag, "task": dag.get_task("copy"), "ti": ti, "run_id": "r", "exception": error}
    message = message_of(context)
    assert message.text.splitlines()[0] == first
    assert left or "The task copy left no result, for batch 'fall-2026': see its log." in message.text


LOG = "https://airflow.example/log"


@pytest.mark.parametrize(
    ("context", "last_line"),
    [
        ({"reason": "task_failure"}, f"Log of the task copy[3]: {LOG}"),
        ({"reason": "timed_out"}, f"Log of the task copy[3]: {LOG}"),
        ({"reason": "success"}, "DAG run: r"),
        ({}, f"Log: {LOG}"),
    ],
)
def test_whose_log_it_is(context: dict[str, Any], last_line: str) -> None:
    """The message about a DAG run says of which task the log is; that of a successful run names no log."""
    ti = SimpleNamespace(dag_id="d", task_id="copy", run_id="r", map_index=3, try_number=1, log_url=LOG)
    assert message_of({"ti": ti, **context}).text.splitlines()[-1] == last_line  # type: ignore[typeddict-item]


@pytest.mark.parametrize(("page", "reads"), [("", []), (PAGE, ["content_migration"]), (None, ["canvas_page_url"])])
def test_a_task_that_failed_here_reads_no_xcom_that_cannot_be_there(
    monkeypatch: pytest.MonkeyPatch, page: str | None, reads: list[str]
) -> None:
    """A task that failed in this process returned nothing and knows its page, so neither is asked of Airflow."""
    asked: list[str] = []
    monkeypatch.setattr(
        "airflow_provider_canvas.notifications.run_results._xcom", lambda *place: asked.append(place[-1])
    )
    task = CanvasContentExportOperator(task_id="export", course_id=7)
    task.canvas_page = page
    ti = SimpleNamespace(dag_id="d", task_id="export", run_id="r", map_index=-1, try_number=1)
    message = message_of({"ti": ti, "task": task, "exception": ValueError("no")})  # type: ignore[typeddict-item]
    assert asked == reads
    assert message.problems
    assert (PAGE in message.text) == (page == PAGE)


def test_a_mapped_task_whose_worker_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The DAG processor has the task as it stands in the file: its instance's result is found all the same."""
    from airflow.providers.common.compat.sdk import DAG, XCom

    left = {("copy", 1, "canvas_batch"): batch()}
    monkeypatch.setattr(XCom, "get_value", lambda key, ti_key: left.get((ti_key.task_id, ti_key.map_index, key)))
    with DAG("told", schedule=None) as dag:
        CanvasBulkCourseCopyOperator.partial(task_id="copy", sql_conn_id="warehouse").expand(batch=["a", "b"])
    ti = SimpleNamespace(task_id="copy", dag_id="told", run_id="r", map_index=1, try_number=2, state=None)
    message = message_of({"dag": dag, "task": dag.get_task("copy"), "ti": ti, "run_id": "r"})  # type: ignore[typeddict-item]
    assert message.text.startswith("The task copy[1] of the DAG told")
    assert "Batch 'fall-2026': 1,483 copies" in message.text
