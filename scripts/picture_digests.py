"""Tell which pictures of the documentation are older than what they show.

A picture has a digest of the texts and styles that it shows: the fields of the connection form, the parameters of an
example, the messages of a task, the template of a report. ``docs/images/pictures.json`` has the digest of the day on
which ``scripts/pictures.py`` took the picture.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from airflow_provider_canvas.get_provider_info import get_provider_info

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "docs" / "images"
DIGESTS = IMAGES / "pictures.json"

PACKAGE = "airflow_provider_canvas"
FRAME = ("html/page.css", "html/page.html.j2", "html/macros.html.j2", "html/tables.js")


def files(*paths: str) -> Callable[[], Iterator[str]]:
    """Return a function that yields the contents of files.

    :param paths: The files, below the repository.
    """
    return lambda: ((REPOSITORY / path).read_text(encoding="utf-8") for path in paths)


def report(*paths: str) -> Callable[[], Iterator[str]]:
    """Return a function that yields the templates and styles of a report.

    :param paths: Its own files, below the package.
    """
    return files(*(f"{PACKAGE}/{path}" for path in (*FRAME, *paths)))


def messages(*paths: str) -> Callable[[], Iterator[str]]:
    """Return a function that yields the messages that modules log.

    :param paths: The modules, below the package.
    """

    def texts() -> Iterator[str]:
        for path in paths:
            tree = ast.parse((REPOSITORY / PACKAGE / path).read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    message = node.args[0]
                    if node.func.attr in ("info", "warning") and isinstance(message, ast.Constant):
                        yield str(message.value)

    return texts


def parameters(path: str) -> Callable[[], Iterator[str]]:
    """Return a function that yields the parameters of the DAG in a file, which are the fields of its form.

    :param path: The file, below the repository.
    """

    def texts() -> Iterator[str]:
        for node in ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "params":
                yield ast.unparse(node.value)

    return texts


def connection_fields() -> Iterator[str]:
    """Yield the description of the connection form."""
    yield json.dumps(get_provider_info()["connection-types"])


SHOWN: Mapping[str, Callable[[], Iterator[str]]] = {
    "connection_form.png": connection_fields,
    "trigger_form.png": parameters("dags_examples/canvas_course_copy.py"),
    "waiting_task.png": files(f"{PACKAGE}/links/course_imports.py"),
    "task_log.png": messages("operators/course_copy.py", "operators/base_migration.py", "client/jobs/wait.py"),
    "asset_events.png": files(f"{PACKAGE}/assets/canvas.py"),
    "report.png": report(
        "reconciliation/report/report.html.j2",
        "reconciliation/report/report.css",
        "reconciliation/report/vocabulary.css",
    ),
    "batch_report.png": report("rollover/report/batch.html.j2", "rollover/report/batch.css"),
    "term_report.png": report(
        "reconciliation/term_report/term.html.j2",
        "reconciliation/term_report/term.css",
        "reconciliation/report/vocabulary.css",
    ),
    "emulator.png": files("emulator/canvas_emulator/control/status.html"),
}
"""What each picture shows."""


def digest(name: str) -> str:
    """Return the digest of what a picture shows now.

    :param name: The file name of the picture.
    """
    shown = hashlib.sha256()
    for text in SHOWN[name]():
        shown.update(text.encode())
        shown.update(b"\0")
    return shown.hexdigest()[:16]


def write_digests() -> None:
    """Write the digests of all pictures, which were just taken."""
    digests = {name: digest(name) for name in sorted(SHOWN)}
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def outdated() -> list[str]:
    """Return the pictures that are missing, or older than what they show."""
    taken = json.loads(DIGESTS.read_text(encoding="utf-8")) if DIGESTS.exists() else {}
    return [name for name in SHOWN if not (IMAGES / name).is_file() or taken.get(name) != digest(name)]
