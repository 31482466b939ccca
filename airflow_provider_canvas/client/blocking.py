"""The blocking transport: requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import Blocking, Call
from airflow_provider_canvas.client.answer import Answer, NoAnswer, Outcome
from airflow_provider_canvas.client.conversation import Send, Speaker, drive
from airflow_provider_canvas.client.pacing import MOST_IN_FLIGHT, bucket_for
from airflow_provider_canvas.client.policy import Policy
from airflow_provider_canvas.client.settings import Settings

T = TypeVar("T")


class BlockingClient(Canvas[Blocking]):
    """Canvas, for code that blocks.

    :param settings: Where Canvas is.
    :param policy: When to try again; by default for as long as the settings say.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        super().__init__()
        self.settings = settings
        self._speaker = Speaker(settings, policy or Policy(settings.retry_for), bucket_for(settings))
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # one would replace the token
        self._session.mount("https://", HTTPAdapter(pool_maxsize=MOST_IN_FLIGHT))
        self._session.mount("http://", HTTPAdapter(pool_maxsize=MOST_IN_FLIGHT))

    def send(self, call: Call[T]) -> T:
        """Make a call and return its answer.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        return drive(self._speaker.converse(call), self._exchange, time.sleep)[0]

    def iterate(self, call: Call[T]) -> Iterator[T]:
        """Yield the items of a listing, getting each page when it is needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        page: Call[T] | None = call
        while page is not None:
            items, page = drive(self._speaker.turn_page(page), self._exchange, time.sleep)
            yield from items

    def _exchange(self, request: Send) -> Outcome:
        try:
            response = self._session.request(
                request.method,
                request.url,
                params=request.query,
                data=request.form,
                headers=request.headers,
                auth=_Bearer(self.settings.token),
                timeout=(self.settings.connect_timeout, self.settings.read_timeout),
                verify=self.settings.ca_bundle or True,
                allow_redirects=False,  # the token goes nowhere else, and Canvas's API redirects nowhere
            )
        except requests.ReadTimeout:
            return NoAnswer(
                f"{self.settings.host} took more than {self.settings.read_timeout:g} s", sent=True, late=True
            )
        except requests.ConnectionError as error:  # time-outs of the connection and TLS errors are among these
            if _before_sending(error):
                return NoAnswer(f"{self.settings.host} could not be reached ({_cause(error)})", sent=False)
            return NoAnswer(f"{self.settings.host} dropped the connection", sent=True)
        except requests.RequestException as error:
            return NoAnswer(f"the answer of {self.settings.host} broke off ({type(error).__name__})", sent=True)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Bearer(AuthBase):
    """Sets the token as authentication and not as a header, so that no ~/.netrc replaces it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _before_sending(error: requests.ConnectionError) -> bool:
    """Whether no connection came about, so that nothing can have been carried out."""
    text = repr(error)
    signs = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "CERTIFICATE_VERIFY_FAILED")
    return any(sign in text for sign in signs)


def _cause(error: BaseException) -> str:
    """Return the innermost reason: requests wraps urllib3 wraps the socket's error."""
    text = str(error)
    for sign in ("Connection refused", "Name or service not known", "certificate verify failed", "timed out"):
        if sign.lower() in text.lower():
            return sign.lower()
    return type(error).__name__
