"""What came back: an answer, or none.

Transports turn what their libraries return or raise into these two, and nothing else leaves them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_LINK = re.compile(r"<([^>]*)>\s*;\s*rel=\"?([a-z]+)\"?")


@dataclass(frozen=True)
class Response:
    """An HTTP answer.

    :param status: The HTTP status.
    :param headers: The headers, with lower-case names.
    :param body: The body's bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; old servers put ``while(1);`` before it.

        :raises ValueError: When it is none.
        """
        return json.loads(self.body.removeprefix(b"while(1);"))

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")

    def linked_page(self, wanted: str) -> str | None:
        """Return the ``page`` parameter of a link: a number, or an opaque bookmark; ``None`` without such a link.

        It is empty where the link has none.

        Only this is taken from the link. Its path is wrong for accounts, groups and users, and its host may be another.

        :param wanted: ``next`` or ``last``.
        """
        for url, rel in _LINK.findall(self.headers.get("link", "")):
            if rel == wanted:
                return next(iter(parse_qs(url.partition("?")[2].partition("#")[0]).get("page", ())), "")
        return None

    def number(self, header: str) -> float | None:
        """Return the header's value as a number, if it is one."""
        try:
            return float(self.headers[header])
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class TransportError:
    """Nothing came back, or not all of it.

    :param reason: What happened, in words.
    :param sent: Whether the request may have reached Canvas, which then may have carried it out.
    :param late: Whether Canvas may still be at it.
    """

    reason: str
    sent: bool
    late: bool = False


ResponseOrError = Response | TransportError
