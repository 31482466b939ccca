"""Access tokens from a grant (OAuth2): each lasts an hour, and a refresh kills the one before.

So all that use the grant use one token, which they find in the :mod:`.token_store`, and only one of them refreshes it.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.auth.token_store import AccessToken, Lock, TokenStore, store_for
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.flow import Flow, Send, Sleep
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.settings import USER_AGENT, OAuth, Settings
from airflow_provider_canvas.security.redaction import redact

log = logging.getLogger(__name__)

ROUTE = "POST login/oauth2/token"
DUE_BEFORE = 120.0
"""Seconds before its end from which on a token is not used any more: a request may wait for its turn."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds before the second attempt, and the most between two; up to a half is taken off by chance."""
LOOK_EVERY = 0.1
"""Seconds after which one who waits for another's refresh looks again."""
SHORT_LIFE = 60.0
"""Seconds: a token that is refused so soon was killed by somebody who shares the grant, but not the tokens."""
TURN = 4.0
"""Seconds that are left to such a one before the next refresh kills the other's token; up to a half is taken off."""


@dataclass(frozen=True)
class Grant:
    """What a user granted, and the access token that it is worth at present.

    :param settings: Where Canvas is.
    :param oauth: What was granted.
    :param store: Where the token is kept.
    :param clock: Unix time.
    """

    settings: Settings
    oauth: OAuth
    store: TokenStore
    clock: Callable[[], float] = time.time

    def current(self, *, refused: str = "") -> str | None:
        """Return the newest token that is known, unless another one is due.

        The connection's own token is one to begin with: once there was a refresh, it is dead.

        :param refused: A token that is not wanted any more.
        """
        newest = self.store.read() or AccessToken(self.settings.token, obtained_at=0.0)
        due = newest.renew_at is not None and newest.renew_at <= self.clock()
        return None if due or newest.token in ("", refused) else newest.token

    def adopt(self, token: str) -> None:
        """Let all that use the grant use a token that somebody else got with it."""
        self.store.write(AccessToken(token, obtained_at=self.clock()))

    def renewed(self, *, refused: str = "") -> Flow[str]:
        """Return a new token: of a refresh, or of the one who was quicker.

        :param refused: A token that is not wanted any more.
        :raises CanvasAuthenticationError: When Canvas refuses the grant.
        :raises CanvasError: When Canvas has no token for now.
        """
        with self.store.lock() as lock:
            yield from self._wait_for(lock, refused)
            if found := self.current(refused=refused):
                return found
            yield from self._check_other_processes(refused)
            token = yield from self._refresh()
            self.store.write(token)
            return token.token

    def _wait_for(self, lock: Lock, refused: str) -> Flow[None]:
        """Wait until this one may refresh, or another one has."""
        patience = self.settings.connect_timeout + self.settings.read_timeout + self.settings.retry_for
        until = self.clock() + patience
        while not lock.take():
            if self.current(refused=refused):
                return
            if self.clock() > until:
                log.warning("Another process has been at a refresh for %.0f s; going ahead without it.", patience)
                return
            yield Sleep(_spread(LOOK_EVERY))

    def _check_other_processes(self, refused: str) -> Flow[None]:
        """Leave some time to those who refresh for themselves: otherwise nobody's token would live for a request."""
        newest = self.store.read()
        if newest is None or newest.token != refused or self.clock() - newest.obtained_at > SHORT_LIFE:
            return
        log.warning(
            "Canvas refuses an access token that is %.0f s old: somebody refreshes with the same refresh token who "
            "does not share tokens with this process. Each host needs a refresh token of its own.",
            self.clock() - newest.obtained_at,
        )
        yield Sleep(_spread(TURN))

    def _refresh(self) -> Flow[AccessToken]:
        """Ask Canvas for a token. A lost answer is no harm: the next one makes the token in it void."""
        request = Send(
            "POST",
            f"{self.settings.base_url}/login/oauth2/token",
            body=[("grant_type", "refresh_token"), *asdict(self.oauth).items()],
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
        until, pause = self.clock() + self.settings.retry_for, FIRST_PAUSE
        while True:
            try:
                return self._token_in((yield request))
            except _PASSING as error:
                if self.clock() + pause > until:
                    raise
                log.info("%s Trying again in %.1f s.", error, pause)
            yield Sleep(_spread(pause))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _token_in(self, outcome: ResponseOrError) -> AccessToken:
        if not isinstance(outcome, Response) or outcome.status != 200:
            raise _failure(outcome, self.settings.secrets)
        now = self.clock()
        match _json(outcome):
            case {"access_token": str(token), "expires_in": int(lasts)}:
                made = AccessToken(token, now, renew_at=now + max(lasts - DUE_BEFORE, lasts / 2))
            case {"access_token": str(token)}:  # of a developer key whose tokens last
                made = AccessToken(token, now)
            case _:
                raise _failure(outcome, self.settings.secrets)
        log.info("Canvas gave a new access token to developer key %s.", self.oauth.client_id)
        return made


_PASSING = (errors.CanvasThrottledError, errors.CanvasServerError, errors.CanvasTransportError)
_AUTHORIZE_ANEW = (
    "The refresh token is not valid (any more): let the user authorize the developer key anew, and put the new refresh "
    "token into the connection's extra."
)
_WRONG_KEY = "Look at client_id and client_secret in the connection's extra, and whether the developer key is on."
_PASSES = "This passes by itself, unless Canvas or the network is down."
_NOT_CANVAS = "That is no answer of Canvas: look whether the connection's host is the address of Canvas itself."


def _failure(outcome: ResponseOrError, secrets: tuple[str, ...]) -> errors.CanvasError:
    """Return the error that an outcome of a refresh is: one that speaks of the connection, not of the call."""
    if isinstance(outcome, TransportError):
        lost = errors.CanvasLateError if outcome.late else errors.CanvasTransportError
        return lost(f"No access token: {redact(outcome.reason, *secrets)}. {_PASSES}", route=ROUTE)
    said = canvas_message(outcome) if outcome.status >= 300 else None  # else it may hold the token
    said = redact(said, *secrets).rstrip(".") if said else None
    kind, advice = _kind(outcome)
    return kind(
        f"No access token: Canvas answered {outcome.status} to {ROUTE}" + (f": {said}" if said else "") + f". {advice}",
        status=outcome.status,
        route=ROUTE,
        canvas_message=said,
        request_id=outcome.headers.get("x-request-context-id"),
    )


def _kind(answer: Response) -> tuple[type[errors.CanvasError], str]:
    match answer.status, _json(answer):
        case 429, _:
            return errors.CanvasThrottledError, "Canvas refuses for now: try later."
        case status, _ if status >= 500:
            return errors.CanvasServerError, f"Canvas, or what stands in front of it, failed. {_PASSES}"
        case 400 | 401, {"error": "invalid_client"}:
            return errors.CanvasAuthenticationError, _WRONG_KEY
        case 400 | 401, {"error": _}:
            return errors.CanvasAuthenticationError, _AUTHORIZE_ANEW
        case _:
            return errors.CanvasUnexpectedAnswerError, _NOT_CANVAS


def _json(answer: Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _spread(seconds: float) -> float:
    """Return less than ``seconds``, by chance, so that those who wait together do not come together."""
    return seconds * (0.5 + random.random() / 2)  # noqa: S311  # no secret


def grant_for(settings: Settings) -> Grant | None:
    """Return the grant of a connection, if it has one."""
    oauth = settings.oauth
    return Grant(settings, oauth, store_for(settings.base_url, oauth)) if oauth else None
