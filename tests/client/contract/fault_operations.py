"""The operations of the fault matrix: each kind of request, and each step of an upload and a download."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.client.contract.faulty_canvas import DATA, FaultyCanvas, Spot

WARM_UP = r"canvas GET /api/v1/users/self$"
FIRST_STEP = r"canvas POST /api/v1/courses/1/files$"
SECOND_STEP = r"elsewhere POST /upload/"
THIRD_STEP = r"canvas GET /api/v1/files/\d+/create_success"

_FILE = r"canvas GET /api/v1/files/\d+$"
Run = Callable[[Any], Any]
Right = Callable[[Any, FaultyCanvas], bool]


@dataclass(frozen=True)
class Way:
    """Another sequence of requests that leads to the same result.

    :param request: A request of this sequence, as a pattern.
    :param words: Its name on the page.
    :param times: The number of such requests from which on this sequence was used.
    """

    request: str
    words: str
    times: int = 1


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation that fails at one request.

    :param name: Its name on the page.
    :param spot: The request that fails.
    :param run: Runs it with a client.
    :param right: Tells whether the result is correct.
    :param once: The request that may be retried only if it was refused, as a pattern.
    :param service: Whether files go to a file service, which tells Canvas of them by itself.
    :param ways: Other sequences of requests that a client may use.
    """

    name: str
    spot: Spot
    run: Run
    right: Right
    once: str | None = None
    service: bool = False
    ways: tuple[Way, ...] = ()


FROM_STEP_1 = Way(FIRST_STEP, "from step 1", times=2)
LOOKED = Way(_FILE, "looks at the file")
TRAPPED = Way(r"elsewhere GET /trap", "goes there without the token")
RENEWED = Way(_FILE, "by a new address", times=2)
PUBLIC = Way(r"canvas GET /api/v1/files/\d+/public_url$", "by `public_url`")


def _upload(name: str, spot: Spot, *ways: Way, once: str | None = None, **more: str) -> Operation:
    parameters = {"name": "a.bin", "course_id": 1, **more}
    return Operation(
        name,
        spot,
        lambda client: client.upload(io.BytesIO(DATA), **parameters),
        lambda file, canvas: str(file.get("id")) in canvas.confirmed and file["upload_status"] == "success",
        once,
        service=spot.request == SECOND_STEP,  # the worst case there
        ways=ways,
    )


def _download(client: Any) -> bytes:
    record = {**client.files.get(file_id=901), "upload_status": "success"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.bin")
        client.download(record, path)
        return path.read_bytes()


def _is(wanted: Any) -> Right:
    return lambda result, _: result == wanted


_POST = r"canvas POST /api/v1/courses/1/content_migrations$"
_PUT = r"canvas PUT /api/v1/courses/1/content_migrations/7$"
_DELETE = r"canvas DELETE /api/v1/courses/1\?event=delete$"
_FIRST_PAGE, _SECOND_PAGE = r"canvas GET /api/v1/courses\?per_page=100$", r"canvas GET /api/v1/courses\?.*&page=2$"
_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": 2}}
_RUNS = {"id": 7, "workflow_state": "running"}

REQUESTS = (
    Operation(
        "GET",
        Spot(r"canvas GET /api/v1/courses/1$", WARM_UP),
        lambda client: client.courses.get(course_id=1),
        _is({"id": 1, "name": "Biology"}),
    ),
    Operation(
        "GET, second page",
        Spot(_SECOND_PAGE, _FIRST_PAGE),
        lambda client: [course["id"] for course in client.courses.list()],
        _is([11, 12, 21, 22, 31, 32]),
    ),
    Operation(
        "POST",
        Spot(_POST, WARM_UP),
        lambda client: client.content_migrations.create(course_id=1, **_COPY),
        _is(_RUNS),
        _POST,
    ),
    Operation(
        "PUT",
        Spot(_PUT, WARM_UP),
        lambda client: client.content_migrations.update(course_id=1, content_migration_id=7, run_again=True),
        _is(_RUNS),
        _PUT,
    ),
    Operation(
        "DELETE",
        Spot(_DELETE, WARM_UP),
        lambda client: client.courses.delete(course_id=1, event="delete"),
        _is({"delete": True}),
        _DELETE,
    ),
)

FILES = (
    _upload("upload, step 1", Spot(FIRST_STEP, WARM_UP)),
    _upload("step 2", Spot(SECOND_STEP), FROM_STEP_1, TRAPPED),
    _upload(
        "step 2, not to overwrite",
        Spot(SECOND_STEP),
        FROM_STEP_1,
        TRAPPED,
        once=SECOND_STEP,
        on_duplicate="rename",
    ),
    _upload("step 3", Spot(THIRD_STEP, FIRST_STEP), FROM_STEP_1, LOOKED),
    Operation(
        "download, at Canvas",
        Spot(r"canvas GET /files/901/download$", r"canvas GET /api/v1/files/901$"),
        _download,
        _is(DATA),
        ways=(RENEWED, PUBLIC),
    ),
    Operation(
        "at the storage",
        Spot(r"elsewhere GET /objects/901"),
        _download,
        _is(DATA),
        ways=(RENEWED, PUBLIC),
    ),
)
