"""What a transport returns for a request: a response, or a transport error.

Transports convert what their libraries return or raise into these two. No other exception leaves a transport.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.client.protocol.json_body import parse_json
from airflow_provider_canvas.client.protocol.link_header import LinkHeaderError, targets

MAX_RETRY_AFTER = 86_400.0
"""Seconds that a server may ask to wait; a header that asks for more than a day is ignored."""

MAX_PARAMETERS = 1000
"""Parameters of a link, at most."""

MAX_REASON = 1000
"""Longest reason of a transport error, in characters; the rest is cut off."""


def page_number(page: object) -> int | None:
    """Return the number of a page of a listing; ``None`` for an opaque bookmark, and for more than 18 digits."""
    return int(page) if isinstance(page, str) and re.fullmatch("[0-9]{1,18}", page) else None


@dataclass(frozen=True)
class Response:
    """An HTTP response.

    :param status: The HTTP status.
    :param headers: The headers, with lower-case names. They become text that can be stored.
    :param body: The bytes of the body.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        storable_headers = {name: storable_text(value) for name, value in self.headers.items()}
        object.__setattr__(self, "headers", storable_headers)

    def with_body(self, body: bytes) -> Response:
        """Return the response with its body. Its headers, which were cleaned before, are kept."""
        response = object.__new__(Response)
        response.__dict__.update(self.__dict__, body=body)
        return response

    def json(self) -> Any:
        """Return the body as JSON whose texts and numbers can be stored; see :mod:`.json_body`.

        :raises ValueError: When the body is not JSON, or is nested too deep.
        """
        return parse_json(self.body)

    @property
    def text(self) -> str:
        """The body as text that can be stored; bytes that are not UTF-8 are replaced."""
        return storable_text(self.body.decode("utf-8", "replace"))

    @property
    def is_html(self) -> bool:
        """Whether the body is a web page, as for a route that Canvas does not have."""
        return "html" in self.headers.get("content-type", "").lower()

    def linked_page(self, relation: str) -> str | None:
        """Return the ``page`` parameter of a link in the ``Link`` header: a number or an opaque bookmark.

        It is ``None`` without such a link, and empty for a link without the parameter. No other part of the link is
        used: its path is wrong for accounts, groups and users, and its host may be another.

        :param relation: ``next`` or ``last``.
        :raises LinkHeaderError: When the header is broken, or names several pages.
        """
        links = targets(self.headers.get("link", ""), relation)
        pages = {
            next(iter(parse_qs(_query(link), max_num_fields=MAX_PARAMETERS).get("page", ())), "") for link in links
        }
        if len(pages) > 1:
            raise LinkHeaderError(f"it names {len(pages)} different pages as {relation}")
        return next(iter(pages), None)

    def number(self, header: str) -> float | None:
        """Return the value of a header as a finite number; ``None`` if there is none."""
        try:
            number = float(self.headers[header])
        except (KeyError, ValueError):
            return None
        return number if math.isfinite(number) else None

    def retry_after(self, now: float) -> float | None:
        """Return the seconds that the header ``Retry-After`` asks to wait; ``None`` without a plausible one.

        :param now: Seconds since the epoch. A date counts from the header ``Date``, if there is one: the clocks may
            differ.
        """
        seconds = self.number("retry-after")
        if seconds is None:
            at = _timestamp(self.headers.get("retry-after", ""))
            seconds = None if at is None else at - (_timestamp(self.headers.get("date", "")) or now)
        return seconds if seconds is not None and 0 <= seconds <= MAX_RETRY_AFTER else None


def _timestamp(date: str) -> float | None:
    """Return an HTTP date as seconds since the epoch; ``None`` if it is none."""
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _query(link: str) -> str:
    return link.partition("#")[0].partition("?")[2]


@dataclass(frozen=True)
class TransportError:
    """No response arrived, or only a part of one.

    :param reason: What happened. It becomes text that can be stored.
    :param sent: Whether the request may have reached Canvas, which then may have executed it.
    :param timed_out: Whether Canvas may still be processing the request.
    :param temporary: Whether it may pass by itself; if not, the request is not retried.
    :param advice: What to do about it, if the reason is known so well.
    """

    reason: str
    sent: bool
    timed_out: bool = False
    temporary: bool = True
    advice: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", storable_text(self.reason, MAX_REASON))


ResponseOrError = Response | TransportError
"""The result of one request."""
