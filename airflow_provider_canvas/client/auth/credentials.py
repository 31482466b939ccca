"""The token to send: which one, and where another comes from when Canvas refuses it.

There is the connection's own token, which a person made, or a :class:`~.oauth.Grant`, from which tokens come. Either
may be replaced in the connection while a long task runs: so a refusal is first taken for a reason to look there.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_canvas.client.auth.oauth import Grant, grant_for
from airflow_provider_canvas.client.errors import CanvasAuthenticationError
from airflow_provider_canvas.client.protocol.flow import Flow, ReloadSettings
from airflow_provider_canvas.client.settings import Settings, origin


@dataclass
class Credentials:
    """Where a client has its token from.

    :param settings: What the connection says, as it was last read.
    :param grant: Where its tokens come from; ``None`` if it has one token only.
    """

    settings: Settings
    grant: Grant | None

    def present(self) -> Flow[str]:
        """Return the token to send now, asking Canvas for one first where there is none, or it is about to expire.

        :raises CanvasError: When there is none to be had.
        """
        try:
            return (yield from self._present())
        except CanvasAuthenticationError:
            if not (yield from self._reread("")):
                raise
        return (yield from self._present())

    def _present(self) -> Flow[str]:
        if self.grant is None:
            return self.settings.token
        return self.grant.current() or (yield from self.grant.renewed())

    def replace(self, refused: str) -> Flow[str | None]:
        """Return another token than the one that Canvas refused, or ``None`` if there is none.

        From then on it is the one that :meth:`present` returns.

        :raises CanvasError: When there is none to be had.
        """
        token = self._other_than(refused)
        if token is None and (yield from self._reread(refused)):
            token = self._other_than(refused)
        if token is None and self.grant is not None:
            token = yield from self.grant.renewed(refused=refused)
        return token

    def _other_than(self, refused: str) -> str | None:
        if self.grant is not None:
            return self.grant.current(refused=refused)
        return self.settings.token if self.settings.token != refused else None

    def _reread(self, refused: str) -> Flow[bool]:
        """Read the connection again, and return whether there is news.

        What was there before is what led to the refusal, and a connection to another Canvas is not for what was begun
        with this one.
        """
        said: Settings | None = yield ReloadSettings()
        before = self.settings
        if said is None or origin(said.base_url) != origin(before.base_url):
            return False
        if (said.token, said.oauth) == (before.token, before.oauth):
            return False
        self.settings, self.grant = said, grant_for(said)
        if self.grant is not None and self._other_than(refused) is None and said.token not in ("", before.token):
            self.grant.adopt(said.token)
        return True


def credentials_for(settings: Settings) -> Credentials:
    """Return where the token of a client comes from."""
    return Credentials(settings, grant_for(settings))
