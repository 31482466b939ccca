"""OAuth2 access tokens: each lasts an hour, and a refresh invalidates the one before.

So all users of a grant share one token, which they find in the :mod:`.token_store`, and only one of them refreshes it.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.auth.secret_form import SecretForm
from airflow_provider_canvas.client.auth.token_store import AccessToken, Lock, TokenStore, store_for
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.flow import Flow, Send, Sleep
from airflow_provider_canvas.client.protocol.other_servers import other_server
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import PASSES, SERVER_FAILED
from airflow_provider_canvas.client.protocol.status_errors import (
    TEMPORARY,
    TOKEN_STATUSES,
    ErrorClass,
    error_class,
    is_temporary,
    is_throttled,
    response_error,
)
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.security.secret import Secret

log = logging.getLogger(__name__)

NO_TOKEN = Secret("")
ROUTE = "POST login/oauth2/token"
RENEW_BEFORE = 120.0
"""Seconds before its end from which on a token is not used any more: a request may wait in the rate limit's queue."""
FIRST_DELAY, MAX_DELAY = 0.5, 15.0
"""Seconds before the second attempt of a refresh, and the longest delay; jitter takes off up to a half."""
LOCK_POLL_INTERVAL = 0.1
"""Seconds between two attempts to take the lock while another process refreshes."""
MAX_LIFETIME = 10.0**10
"""Seconds. A longer life of a token is not what Canvas sends."""
SHORT_LIFE = 60.0
"""Seconds. A token rejected so soon was invalidated by another user of the grant who does not share tokens."""
BACK_OFF = 4.0
"""Seconds to leave to such a user before the next refresh invalidates its token; jitter takes off up to a half."""


@dataclass(frozen=True)
class Grant:
    """An OAuth2 grant, and its current access token.

    :param settings: The address of Canvas and the timeouts.
    :param oauth: The grant.
    :param store: The store of the token.
    :param clock: Unix time.
    """

    settings: Settings
    oauth: OAuth
    store: TokenStore
    clock: Callable[[], float] = time.time

    def current(self, *, rejected: Secret = NO_TOKEN) -> Secret | None:
        """Return the newest known token; ``None`` if a refresh is due.

        The connection's own token counts only until the first refresh, which invalidates it.

        :param rejected: A token that Canvas rejected.
        """
        newest = self.store.read() or AccessToken(self.settings.token, obtained_at=0.0)
        due = newest.renew_at is not None and newest.renew_at <= self.clock()
        return None if due or newest.token in (NO_TOKEN, rejected) else newest.token

    def adopt(self, token: Secret) -> None:
        """Share a token of this grant that was obtained elsewhere."""
        self.store.write(AccessToken(token, obtained_at=self.clock()))

    def renew(self, *, rejected: Secret = NO_TOKEN) -> Flow[Secret]:
        """Return a new token: from a refresh here, or from another process that refreshed first.

        :param rejected: A token that Canvas rejected.
        :raises CanvasAuthenticationError: When Canvas rejects the grant.
        :raises CanvasError: When Canvas issues no token for now.
        """
        with self.store.lock() as lock:
            yield from self._wait_for(lock, rejected)
            if current := self.current(rejected=rejected):
                return current
            yield from self._back_off_for_others(rejected)
            token = yield from self._refresh()
            self.store.write(token)
            return token.token

    def _wait_for(self, lock: Lock, rejected: Secret) -> Flow[None]:
        """Wait until the lock is ours, or another process has refreshed."""
        timeout = self.settings.longest_request + self.settings.retry_for
        deadline = self.clock() + timeout
        while not lock.try_acquire():
            if self.current(rejected=rejected):
                return
            if self.clock() > deadline:
                log.warning(
                    "Another process has been refreshing the access token for %.0f s. Refreshing it without the lock.",
                    timeout,
                )
                return
            yield Sleep(_jittered(LOCK_POLL_INTERVAL))

    def _back_off_for_others(self, rejected: Secret) -> Flow[None]:
        """Back off while another process refreshes the same grant: otherwise no token would survive one request."""
        newest = self.store.read()
        if newest is None or newest.token != rejected or self.clock() - newest.obtained_at > SHORT_LIFE:
            return
        log.warning(
            "Canvas rejects an access token that is %.0f s old: another host, or a process that does not share tokens "
            "with this one, uses the same refresh token. Each host needs a refresh token of its own.",
            self.clock() - newest.obtained_at,
        )
        yield Sleep(_jittered(BACK_OFF))

    def _refresh(self) -> Flow[AccessToken]:
        """Request a token. A lost response does no harm: the next refresh invalidates the token in it."""
        secrets = {"client_secret": self.oauth.client_secret, "refresh_token": self.oauth.refresh_token}
        request = Send(
            "POST",
            self.settings.address.resolve("/login/oauth2/token"),
            body=SecretForm({"grant_type": "refresh_token", "client_id": self.oauth.client_id}, secrets),
            headers={"User-Agent": self.settings.user_agent, "Accept": "application/json"},
        )
        deadline, delay = self.clock() + self.settings.retry_for, FIRST_DELAY
        while True:
            response: ResponseOrError = yield request
            try:
                return self._token_in(response)
            except TEMPORARY as error:
                if self.clock() + delay > deadline or not is_temporary(response):
                    raise
                log.info("%s Retrying in %.1f s.", error, delay)
            yield Sleep(_jittered(delay))
            delay = min(2 * delay, MAX_DELAY)

    def _token_in(self, response: ResponseOrError) -> AccessToken:
        if not isinstance(response, Response) or response.status != 200:
            raise _refresh_error(response, self.settings.secrets)
        now = self.clock()
        match _json(response):
            case {"access_token": str(token), **others} if _TOKEN.fullmatch(token):
                new = AccessToken(Secret(token), now, _renew_at(now, others) if "expires_in" in others else None)
            case _:
                raise _refresh_error(response, self.settings.secrets)
        log.info("Canvas issued a new access token for developer key %s.", self.oauth.client_id)
        return new


_TOKEN = re.compile(r"[!-~]{1,4096}")
"""What can be sent as a token: characters that a header can hold."""


def _renew_at(now: float, body: Mapping[Any, Any]) -> float:
    """Return when a token is to be renewed. A token whose response has no ``expires_in`` does not expire.

    :raises CanvasUnexpectedResponseError: When ``expires_in`` is not a number of seconds.
    """
    match body["expires_in"]:
        case int() | float() as seconds if not isinstance(seconds, bool) and 0 < seconds <= MAX_LIFETIME:
            return now + max(seconds - RENEW_BEFORE, seconds / 2)
        case str() as text if re.fullmatch("[1-9][0-9]{0,9}", text):
            return _renew_at(now, {"expires_in": int(text)})
        case _:
            raise errors.CanvasUnexpectedResponseError(
                f"No access token: the response to {ROUTE} has an expires_in that is not a number of seconds. "
                f"{_NOT_CANVAS}",
                status=200,
                route=ROUTE,
            )


_AUTHORIZE_AGAIN = (
    "The refresh token is not valid (any more): let the user authorize the developer key again, and put the new "
    "refresh token into the connection's extra."
)
_WRONG_KEY = "Check client_id and client_secret in the connection's extra, and that the developer key is on."
_NOT_CANVAS = (
    "The response does not come from Canvas: check that the connection's host is the address of Canvas itself."
)


def _refresh_error(response: ResponseOrError, secrets: tuple[Secret, ...]) -> errors.CanvasError:
    """Return the error of a failed refresh. It is about the connection, not about the call that needed the token."""
    if isinstance(response, TransportError):
        kind, reason = error_class(response, TOKEN_STATUSES), redact(response.reason, *secrets)
        return kind(f"No access token: {reason}. {response.advice or PASSES}", route=ROUTE)
    message = canvas_message(response) if response.status >= 300 else None  # a success may contain the token
    kind, advice = _class_and_advice(response)
    text = f"No access token: Canvas answered {response.status} to {ROUTE}"
    return response_error(kind, response, text, redact(message, *secrets) if message else None, advice, route=ROUTE)


def _class_and_advice(response: Response) -> tuple[ErrorClass, str]:
    match _json(response):
        case {"error": code}:
            statuses = TOKEN_STATUSES
        case _ if not is_throttled(response) and (other := other_server(response)) is not None:
            return other
        case _:
            code, statuses = None, {}
    kind = error_class(response, statuses, errors.CanvasUnexpectedResponseError)
    if kind is errors.CanvasAuthenticationError:
        return kind, _WRONG_KEY if code == "invalid_client" else _AUTHORIZE_AGAIN
    if kind is errors.CanvasThrottledError:
        return kind, "Canvas refuses requests for now: try again later."
    return kind, SERVER_FAILED if kind is errors.CanvasServerError else _NOT_CANVAS


def _json(response: Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _jittered(seconds: float) -> float:
    """Return a random part of ``seconds``, at least half, so that processes that wait together do not act together."""
    return seconds * (0.5 + random.random() / 2)  # noqa: S311  # no secret


def grant_for(settings: Settings) -> Grant | None:
    """Return the grant of a connection; ``None`` if it has none."""
    oauth = settings.oauth
    return Grant(settings, oauth, store_for(settings.base_url, oauth)) if oauth else None
