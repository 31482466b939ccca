"""The token to send, and its replacement when Canvas rejects it.

It is the connection's own token, which a person created, or the access token of a :class:`~.oauth.Grant`. A user may
replace either in the connection while a long task runs. So after a rejection the connection is read again first.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_canvas.client.auth.oauth import Grant, grant_for
from airflow_provider_canvas.client.errors import CanvasAuthenticationError
from airflow_provider_canvas.client.protocol.flow import Flow, ReloadSettings
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.secret import Secret


@dataclass
class Credentials:
    """The source of a client's token.

    :param settings: The settings as they were last read.
    :param grant: The OAuth2 grant; ``None`` if the settings have only a token.
    """

    settings: Settings
    grant: Grant | None

    def current_token(self) -> Flow[Secret]:
        """Return the token to send now; request one first if there is none, or if it is about to expire.

        :raises CanvasError: When Canvas issues no token.
        """
        try:
            return (yield from self._current_token())
        except CanvasAuthenticationError:
            if not (yield from self._reload(Secret(""))):
                raise
        return (yield from self._current_token())

    def _current_token(self) -> Flow[Secret]:
        if self.grant is None:
            return self.settings.token
        return self.grant.current() or (yield from self.grant.renew())

    def replace_token(self, rejected: Secret) -> Flow[Secret | None]:
        """Return a replacement for a rejected token, or ``None`` if there is none.

        :meth:`current_token` returns the replacement from then on.

        :param rejected: The token that Canvas rejected.
        :raises CanvasError: When Canvas issues no token.
        """
        token = self._other_than(rejected)
        if token is None and (yield from self._reload(rejected)):
            token = self._other_than(rejected)
        if token is None and self.grant is not None:
            token = yield from self.grant.renew(rejected=rejected)
        return token

    def _other_than(self, rejected: Secret) -> Secret | None:
        if self.grant is not None:
            return self.grant.current(rejected=rejected)
        return self.settings.token if self.settings.token != rejected else None

    def _reload(self, rejected: Secret) -> Flow[bool]:
        """Read the settings again, and return whether they hold other credentials for the same Canvas."""
        new: Settings | None = yield ReloadSettings()
        old = self.settings
        if new is None or not old.owns(new.address):
            return False
        if (new.token, new.oauth) == (old.token, old.oauth):
            return False
        self.settings, self.grant = new, grant_for(new)
        if self.grant is not None and self._other_than(rejected) is None and new.token and new.token != old.token:
            self.grant.adopt(new.token)
        return True


def credentials_for(settings: Settings) -> Credentials:
    """Return the source of a client's token."""
    return Credentials(settings, grant_for(settings))
