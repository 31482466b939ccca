"""A Canvas and a storage host that work except for one fault, and record every request.

They do little, but as Canvas does it: a migration runs once per request, and a file is confirmed once.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from types import TracebackType
from typing import Any, Self

from tests.client.contract.fault_rows import HTML, JSON, SIGNED, UNKNOWN, Fault
from tests.client.contract.fault_sockets import Cut, Host, Received, Reply

DATA = b"0123456789" * 200
"""The content of every file."""

TRAP = b'{"id": 666}'
"""The response of every other URL of the storage host: a client that follows a wrong URL gets it."""


@dataclass(frozen=True)
class Spot:
    """The request at which a fault happens.

    :param request: Host, method and target, as a pattern.
    :param after: The request to the same host before it, as a pattern; ``None`` if it is the first.
    """

    request: str
    after: str | None = None

    @property
    def host(self) -> str:
        """``canvas`` or ``elsewhere``."""
        return self.request.partition(" ")[0]


@dataclass(frozen=True)
class Arrival:
    """A request that arrived.

    :param host: At which host: ``canvas`` or ``elsewhere``.
    :param request: What it is; its head only, if it was left unread.
    :param fault: The fault; ``None`` if the response was proper.
    :param at: Monotonic seconds.
    """

    host: str
    request: Received
    fault: Fault | None
    at: float

    def __str__(self) -> str:
        return f"{self.host} {self.request.method} {self.request.target}"

    def matches(self, pattern: str) -> bool:
        """Whether the request matches a pattern."""
        return re.match(pattern, str(self)) is not None


class FaultyCanvas:
    """A Canvas and a storage host with one fault.

    :param fault: The fault.
    :param spot: The request at which it happens.
    :param lasting: Whether it happens each time, or the first time only.
    :param service: Whether the storage is a file service, which tells Canvas of a file by itself.
    """

    def __init__(self, fault: Fault, spot: Spot, *, lasting: bool, service: bool) -> None:
        self.fault, self.spot, self.lasting, self.service = fault, spot, lasting, service
        self.arrivals: list[Arrival] = []
        self.done = Counter[str]()
        """What was done to a migration or a course, and how often."""
        self.stored: set[str] = set()
        """The ids of files whose bytes are there."""
        self.confirmed: list[str] = []
        """The ids of files that Canvas has, in the order of their confirmation."""
        self._file_ids = iter(range(901, 1000))
        self._lock = Lock()
        self.hosts = {name: Host(_Side(self, name)) for name in ("canvas", "elsewhere")}
        self.canvas, self.elsewhere = (f"http://{host.netloc}" for host in self.hosts.values())
        self.elsewhere_netloc = self.hosts["elsewhere"].netloc

    def __enter__(self) -> Self:
        for name, host in self.hosts.items():
            if self.fault.cut is not Cut.REFUSED or name != self.spot.host or self.spot.after:
                host.come_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self.hosts.values():
            host.close()

    def pass_by(self) -> None:
        """Listen again, unless the fault lasts."""
        if not self.lasting:
            for host in self.hosts.values():
                host.come_up()

    @property
    def met(self) -> list[Arrival]:
        """The requests that arrived at the spot."""
        return [each for each in self.arrivals if each.matches(self.spot.request)]

    def leaves_unread(self, head: Arrival) -> bool:
        """Whether the request is not read."""
        unread = self.fault.cut is Cut.UNREAD and self._is_due(head)
        if unread:
            self.arrivals.append(replace(head, fault=self.fault))
        return unread

    def respond(self, arrival: Arrival) -> tuple[Reply, Cut | None]:
        """Return the response to a request, and where the connection breaks off."""
        with self._lock:
            if not self._is_due(arrival):
                self.arrivals.append(arrival)
                return self._proper(arrival), None
            self.arrivals.append(replace(arrival, fault=self.fault))
            proper = self._proper(arrival) if self.fault.carried_out else Reply()
            reply = self.fault.reply or proper
            more = {"Link": self.fault.link} if self.fault.link else {}
            led = {name: value.format_map(vars(self)) for name, value in {**reply.headers, **more}.items()}
            return replace(reply, headers=led), self.fault.cut

    def _is_due(self, arrival: Arrival) -> bool:
        here = self.fault.cut is not Cut.REFUSED and arrival.matches(self.spot.request)
        return here and (self.lasting or not self.met)

    def _proper(self, arrival: Arrival) -> Reply:
        reply = next((do(self, arrival.request) for pattern, do in ROUTES.items() if arrival.matches(pattern)), LOST)
        goes_down = self.fault.cut is Cut.REFUSED and arrival.host == self.spot.host
        if goes_down and self.spot.after and arrival.matches(self.spot.after):
            self.hosts[arrival.host].go_down()
        if goes_down or not self.fault.kept:
            return replace(reply, headers={**reply.headers, "Connection": "close"})
        return reply

    def promise(self) -> dict[str, Any]:
        """Return the response to the first step of an upload."""
        signed = {"key": "k", "Policy": SIGNED, "Signature": SIGNED}
        url = f"{self.elsewhere}/upload/{next(self._file_ids)}?sig={SIGNED}"
        return {"upload_url": url, "upload_params": signed, "file_param": "file"}

    def file(self, file_id: str) -> dict[str, Any]:
        """Return a file's record."""
        return {
            "id": int(file_id),
            "display_name": "a.bin",
            "size": len(DATA),
            "content-type": "application/zip",
            "url": f"{self.canvas}/files/{file_id}/download",
            "upload_status": "success" if file_id in self.confirmed else "pending",
        }


@dataclass(frozen=True)
class _Side:
    """One of the hosts; see :class:`~.fault_sockets.Responder`."""

    both: FaultyCanvas
    name: str

    def leaves_unread(self, head: Received) -> bool:
        return self.both.leaves_unread(Arrival(self.name, head, None, time.monotonic()))

    def respond(self, request: Received) -> tuple[Reply, Cut | None]:
        return self.both.respond(Arrival(self.name, request, None, time.monotonic()))


def _json(body: Any, status: int = 200, **more: str) -> Reply:
    return Reply(status, {**JSON, **more}, json.dumps(body).encode())


def _led(status: int, location: str) -> Reply:
    return Reply(status, {**HTML, "Location": location}, b"<html><body>You are being redirected.</body></html>")


def _courses(here: FaultyCanvas, request: Received) -> Reply:
    page = re.search(r"[?&]page=(\d)", request.target)
    number = int(page[1]) if page else 1
    links = [f'<{here.canvas}/api/v1/courses?page={number + 1}>; rel="next"'] if number < 3 else []
    links.append(f'<{here.canvas}/api/v1/courses?page=3>; rel="last"')
    return _json([{"id": number * 10 + each} for each in (1, 2)], Link=",".join(links))


def _does(what: str, body: dict[str, Any]) -> Callable[[FaultyCanvas, Received], Reply]:
    def do(here: FaultyCanvas, _: Received) -> Reply:
        here.done[what] += 1
        return _json(body)

    return do


def _store(here: FaultyCanvas, request: Received) -> Reply:
    file_id = request.path.rpartition("/")[2]
    here.stored.add(file_id)
    if here.service:
        here.confirmed.append(file_id)
        return _json(here.file(file_id), 201, Location=f"{here.canvas}/api/v1/files/{file_id}?include[]=x")
    return _led(303, f"{here.canvas}/api/v1/files/{file_id}/create_success?uuid={SIGNED}")


def _confirm(here: FaultyCanvas, request: Received) -> Reply:
    file_id = request.path.split("/")[4]
    if file_id not in here.stored or file_id in here.confirmed:
        return Reply(400)
    here.confirmed.append(file_id)
    return _json(here.file(file_id))


def _give(_: FaultyCanvas, request: Received) -> Reply:
    kind = {"Content-Type": "application/zip", "ETag": '"1"'}
    if match := re.fullmatch(r"bytes=(\d+)-", request.header("Range") or ""):
        start = int(match[1])
        return Reply(206, {**kind, "Content-Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"}, DATA[start:])
    return Reply(200, kind, DATA)


def _objects(here: FaultyCanvas) -> str:
    return f"{here.elsewhere}/objects/901?X-Amz-Signature={SIGNED}"


LOST = _json(UNKNOWN, status=404)

ROUTES: dict[str, Callable[[FaultyCanvas, Received], Reply]] = {
    r"canvas GET /api/v1/users/self$": lambda *_: _json({"id": 4}),
    r"canvas GET /api/v1/courses/1$": lambda *_: _json({"id": 1, "name": "Biology"}),
    r"canvas GET /api/v1/courses\?": _courses,
    r"canvas POST /api/v1/courses/1/content_migrations$": _does("create", {"id": 7, "workflow_state": "running"}),
    r"canvas PUT /api/v1/courses/1/content_migrations/7$": _does("run", {"id": 7, "workflow_state": "running"}),
    r"canvas DELETE /api/v1/courses/1\?": _does("delete", {"delete": True}),
    r"canvas POST /api/v1/courses/1/files$": lambda here, _: _json(here.promise()),
    r"canvas GET /api/v1/files/\d+/create_success": _confirm,
    r"canvas GET /api/v1/files/\d+$": lambda here, request: _json(here.file(request.path.rpartition("/")[2])),
    r"canvas GET /api/v1/files/\d+/public_url$": lambda here, _: _json({"public_url": _objects(here)}),
    r"canvas GET /files/\d+/download$": lambda here, _: _led(302, _objects(here)),
    r"canvas GET /login/canvas$": lambda *_: Reply(200, HTML, b"<title>Log in</title>"),
    r"elsewhere POST /upload/\d+": _store,
    r"elsewhere GET /objects/\d+": _give,
    r"elsewhere ": lambda *_: Reply(200, JSON, TRAP),
}
"""What the hosts do, by host, method and target."""
