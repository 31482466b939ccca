"""One exchange against the emulator: the world, the requests before it, the request, and the differences."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.server import EmulatorServer

from tests.contract.comparison import Reply, differences
from tests.contract.preparation import prepare
from tests.contract.sending import send
from tests.support.recordings import Exchange, all_exchanges

ANNOUNCED_BY = {
    "content_migrations.upload.2_storage": "content_migrations.create.pre_attachment",
    "files.create.course.2_storage": "files.create.course.1_announce",
    "files.create.group.2_storage": "files.create.group.1_announce",
    "files.create.user.2_storage": "files.create.user.1_announce",
    "files.storage.no_file": "files.create.no_redirect",
    "files.storage.tampered": "files.create.course.1_announce",
}
"""The exchanges that send the bytes of a file, and those that announced the file."""


def replay(server: EmulatorServer, session: requests.Session, exchange: Exchange) -> tuple[Reply, list[str]]:
    """Send an exchange to the emulator in the world of that time, and return the response and what differs."""
    announcing = all_exchanges().get(ANNOUNCED_BY.get(exchange.name, ""))
    world = prepare(announcing or exchange)
    server.show(world)
    options: dict[str, Any] = {}
    if announcing is not None:
        announced = send(session, server.url, announcing)
        if announced.status != 200:
            return announced, [f"the exchange before, {announcing.name}: {announced.status} {announced.text}"]
        options = _upload(exchange, announced)
    elif exchange.status == 304:
        first = send(session, server.url, exchange, headers_left_out=("If-None-Match",))
        options = {"more_headers": {"If-None-Match": first.headers.get("ETag", "")}}
    elif match := re.search(r"files/(\d+)/download", exchange.path):
        query = re.sub(r"verifier=Verifier\w+", f"verifier={verifier(world, int(match[1]))}", exchange.query)
        exchange_sent = replace(exchange, query=query)
        reply = send(session, server.url, exchange_sent)
        return reply, differences(exchange, reply)
    reply = send(session, server.url, exchange, **options)
    return reply, differences(exchange, reply)


def _upload(exchange: Exchange, announced: Reply) -> dict[str, Any]:
    """Return the form with the bytes of a file, as the announcement demands it."""
    target = announced.json
    target = target.get("pre_attachment", target)
    params = dict(target["upload_params"])
    if exchange.status == 400:
        params["Signature"] = "tampered"
    if "form" in exchange.request_body:
        return {"data": params, "path": urlsplit(target["upload_url"]).path}
    name = exchange.request_body["multipart"][-1]
    return {"data": params, "files": {name: ("file", b"12345678")}, "path": urlsplit(target["upload_url"]).path}
