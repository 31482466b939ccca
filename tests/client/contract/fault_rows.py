"""The faults of the fault matrix: of Canvas, of a load balancer or login page, and of the network. One row per fault.

The bodies are Canvas's own, in every format of its errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from tests.client.contract.fault_sockets import Cut, Reply, headers

JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}

TOKEN, NEW_TOKEN = "7~token-of-the-faults", "7~token-of-later"
"""The tokens that the Airflow connection has, one after the other."""

SIGNED = "signed-5ecret"
"""A part of every signed URL and parameter."""

ASKED_TO_WAIT = 1.0
"""Seconds that ``Retry-After`` says."""


@dataclass(frozen=True, eq=False)
class Fault:
    """A fault of one request.

    :param row: Its row on the page; several faults of one kind share a row.
    :param name: What distinguishes it from others of its row.
    :param reply: The response in place of the proper one, ``None`` for the proper one. In its headers ``{canvas}`` and
        ``{elsewhere}`` stand for the hosts' addresses, ``{elsewhere_netloc}`` for host and port of the latter.
    :param link: A ``Link`` header for the proper response.
    :param cut: Where the connection breaks off.
    :param carried_out: Whether the request is executed before the fault.
    :param refuses: Whether the response shows that nothing was executed, so that a retry is safe.
    :param says: Canvas's message, which the error must contain.
    :param kept: Whether connections are kept between requests.
    :param new_token: Whether the Airflow connection has another token by the time of the fault.
    """

    row: str
    name: str = ""
    reply: Reply | None = None
    link: str = ""
    cut: Cut | None = None
    carried_out: bool = False
    refuses: bool = False
    says: str = ""
    kept: bool = True
    new_token: bool = False

    def __str__(self) -> str:
        return f"{self.row} {self.name}".strip()


def _json(row: str, status: int, body: Any, says: str, *, name: str = "", refuses: bool = False, **more: str) -> Fault:
    """Return a fault that is a JSON response; ``more`` are its headers."""
    reply = Reply(status, {**JSON, **headers(**more)}, json.dumps(body).encode())
    return Fault(row, name or says, reply, refuses=refuses, says=says)


def _page(row: str, status: int, title: str, *, carried_out: bool = False, by_canvas: bool = False) -> Fault:
    """Return a fault that is a page in HTML. Canvas's own pages have the header that all its responses have."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
    own = headers(X_Request_Context_Id="00000000-0000-4000-8000-000000000605") if by_canvas else {}
    return Fault(row, f"{status} {title}", Reply(status, {**HTML, **own}, body), carried_out=carried_out, says=title)


def _throttled(row: str, status: int, **more: str) -> Fault:
    body = f"{status} Forbidden (Rate Limit Exceeded)\n".encode()
    reply = Reply(status, {**TEXT, **headers(X_Rate_Limit_Remaining="0.0", **more)}, body)
    return Fault(row, reply=reply, refuses=True, says="Rate Limit Exceeded")


def _strange(name: str, body: bytes) -> Fault:
    """Return a fault that looks like success, and may be one."""
    return Fault(STRANGE, name, Reply(200, JSON, body), carried_out=True)


REFUSED_TOKEN = "401 with `WWW-Authenticate`"
NEW_TOKEN = "the same, and the Airflow connection has a new token"
NOT_ALLOWED = "401 without it, 403"
WRONG = "400 with a reason, in each of Canvas's shapes; 422"
BEFORE = "502, 503: it did not reach Canvas"
BEHIND = "500, 504, 520: Canvas executed it"
MISREAD = "a redirect to an address in which programs read different hosts"
STRANGE = "200 and JSON of another type, nothing, or no UTF-8"

REALM = {"WWW_Authenticate": 'Bearer realm="canvas-lms"'}
NO_TOKEN = {"errors": [{"message": "Invalid access token."}]}
EXPIRED = {"errors": [{"message": "Expired access token.", "expired_at": "2026-01-01T00:00:00Z"}]}
NO_RIGHT = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
UNKNOWN = {"errors": [{"message": "The specified resource does not exist."}], "error_report_id": 12}
SHIFT = {"attribute": "date_shift_options", "type": "invalid", "message": "cannot shift and remove"}
FIELD = {"field": "name", "message": "is too long", "error_code": "too_long"}
EXISTS = {"message": "file already exists; use on_duplicate='overwrite' or 'rename'"}
INTERNAL = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}], "error_report_id": 12}

FAULTS = (
    _json(REFUSED_TOKEN, 401, NO_TOKEN, "Invalid access token", refuses=True, **REALM),
    _json(REFUSED_TOKEN, 401, EXPIRED, "Expired access token", refuses=True, **REALM),
    replace(_json(NEW_TOKEN, 401, NO_TOKEN, "Invalid access token", refuses=True, **REALM), new_token=True),
    _json(NOT_ALLOWED, 401, NO_RIGHT, "user not authorized", name="older Canvas"),
    _json(NOT_ALLOWED, 401, {"errors": [{"message": "Insufficient scopes on access token."}]}, "Insufficient scopes"),
    _json(NOT_ALLOWED, 401, {"errors": "Invalid as_user_id"}, "Invalid as_user_id"),
    _json(NOT_ALLOWED, 403, NO_RIGHT, "user not authorized"),
    _json("403 of a batch limit", 403, {"message": "course batch size limit (500) exceeded"}, "batch size limit"),
    _throttled("403 that says Rate Limit Exceeded (older Canvas)", 403),
    _throttled("429", 429),
    _throttled(f"429 with `Retry-After: {ASKED_TO_WAIT:g}`", 429, Retry_After=f"{ASKED_TO_WAIT:g}"),
    _json("404", 404, UNKNOWN, "does not exist", name="JSON"),
    _page("404", 404, "Page Not Found", by_canvas=True),
    _json(WRONG, 400, {"message": "A course copy requires a source course."}, "requires a source course"),
    _json(WRONG, 400, {"errors": [{"message": "name is missing"}]}, "name is missing"),
    _json(WRONG, 400, {"errors": {"date_shift_options": [SHIFT]}}, "date_shift_options: cannot shift and remove"),
    _json(WRONG, 400, {"errors": [FIELD]}, "name: is too long"),
    _json(WRONG, 400, {"errors": "You can not use both."}, "You can not use both"),
    _json(WRONG, 400, {"status": "bad_request", "errors": [{"page": "Invalid page"}]}, "Invalid page"),
    _json(WRONG, 400, {"error": {"message": "No progress available"}}, "No progress available"),
    _json(WRONG, 400, {"error": "invalid_grant", "error_description": "no such grant"}, "no such grant"),
    _json(WRONG, 422, {"errors": "assignment_ids param is invalid"}, "assignment_ids param is invalid"),
    Fault(WRONG, "400 in plain text", Reply(400, TEXT, b"no such thing"), says="no such thing"),
    _page(WRONG, 400, "Bad Request", by_canvas=True),
    _json(WRONG, 400, {"message": f"Not so: Bearer {TOKEN}, x?sig={SIGNED}, {TOKEN}"}, "Not so", name="and secrets"),
    Fault("400 and nothing else", reply=Reply(400)),
    _json("409", 409, EXISTS, "file already exists"),
    _page("403: the page of a firewall or proxy", 403, "Blocked by policy"),
    _page("404: the page of a firewall or proxy", 404, "No such site"),
    _json("403 of an API gateway", 403, {"message": "Forbidden"}, "Forbidden"),
    _page("407: the proxy requires a password", 407, "Proxy Authentication Required"),
    replace(_json(BEHIND, 500, INTERNAL, "An error occurred"), carried_out=True),
    _page(BEHIND, 504, "Gateway Time-out", carried_out=True),
    _page(BEHIND, 520, "Web server is returning an unknown error", carried_out=True),
    _page(BEFORE, 502, "Bad Gateway"),
    _page(BEFORE, 503, "Canvas is down for maintenance"),
    Fault("nobody listens", cut=Cut.REFUSED),
    Fault("closed before anything is read: a new connection", cut=Cut.UNREAD, kept=False),
    Fault("closed before anything is read: a kept connection", cut=Cut.UNREAD),
    Fault("closed without a response: a new connection", cut=Cut.UNANSWERED, carried_out=True, kept=False),
    Fault("closed without a response: a kept connection", cut=Cut.UNANSWERED, carried_out=True),
    Fault("closed within the headers", cut=Cut.IN_HEADERS, carried_out=True),
    Fault("closed within the body: shorter than `Content-Length`", cut=Cut.IN_BODY, carried_out=True),
    Fault("closed within the body: a broken chunk", cut=Cut.IN_CHUNKS, carried_out=True),
    Fault("no response in time", cut=Cut.SILENCE, carried_out=True),
    replace(_page("200 and HTML", 200, "Log in", carried_out=True), says=""),
    _strange("JSON of another type", b"42"),
    _strange("nothing", b""),
    _strange("no UTF-8", b'{"id": 1, "name": "\xff\xfe"}'),
    Fault("a `next` link to an invalid URL", link='<http://[half/?page=3>; rel="next"', carried_out=True),
    Fault("a `next` link to another host", link='<{elsewhere}/api/v1/courses?page=3>; rel="next"', carried_out=True),
    Fault("a redirect to another host (302)", reply=Reply(302, {"Location": "{elsewhere}/trap"})),
    Fault(MISREAD, "with Canvas before an @", Reply(302, {"Location": "{canvas}@{elsewhere_netloc}/trap"})),
    Fault(MISREAD, "with a backslash", Reply(302, {"Location": "{elsewhere}\\@{canvas}/trap"})),
    Fault("a redirect to another host (307)", reply=Reply(307, {"Location": "{elsewhere}/trap"})),
    Fault("a redirect to an invalid URL", reply=Reply(302, {"Location": "http://[half"})),
    Fault("a redirect to the login page", reply=Reply(302, {"Location": "{canvas}/login/canvas"})),
)
