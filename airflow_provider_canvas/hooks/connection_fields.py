"""The fields of an Airflow connection, and errors that name one and say what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Protocol

from airflow_provider_canvas.api.errors import CanvasConnectionError, CanvasInputError
from airflow_provider_canvas.api.parameters import parse_bool
from airflow_provider_canvas.get_provider_info import CONFIG_OPTIONS, CONN_FIELDS
from airflow_provider_canvas.hooks.configuration import LIMITS, configured_number
from airflow_provider_canvas.security.secret import Secret

OAUTH = ("client_id", "client_secret", "refresh_token")
"""The fields of the connection's extra that make an OAuth2 grant: all or none of them are given."""

EXTRAS = tuple(CONN_FIELDS)
"""The fields of the connection's extra."""


class Connection(Protocol):
    """The fields that are read from an Airflow connection."""

    @property
    def host(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def schema(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...


def _example(name: str, default: float) -> str:
    """Return a value of a number field, for a message: its usual one."""
    return str(CONFIG_OPTIONS[name]["default"] or f"{default:g}")


_JSON_NAMES = {list: "a JSON list", int: "a number", float: "a number", bool: "true or false", type(None): "null"}


class Fields:
    """The fields of a connection, and errors that name one.

    It holds the secrets as such: Airflow's own connection would show them in the frames of an error.

    :param conn_id: The connection's id.
    :param connection: Its ``host`` is a base URL (a bare host means https). Its ``password`` is the access token; it
        may be empty if the extra holds an OAuth2 grant. ``schema`` and ``port`` count if the host has none, as in a
        connection from a URI.
    :param extra: The connection's extra: the fields of :data:`EXTRAS`.
    :raises CanvasConnectionError: When the extra is JSON, but no object.
    """

    def __init__(self, conn_id: str, connection: Connection, extra: object) -> None:
        self.conn_id = conn_id
        if not isinstance(extra, Mapping):
            raise self.error(
                "Extra", f"is {_JSON_NAMES.get(type(extra), 'text')}: write a JSON object, or leave it empty"
            )
        self.host = (connection.host or "").strip()
        self.password = Secret((connection.password or "").strip())
        self.schema, self.port = connection.schema, connection.port
        names = {name.removeprefix("extra__canvas__"): name for name in extra}
        self.secrets = {name: Secret(str(extra[names[name]] or "").strip()) for name in OAUTH[1:] if name in names}
        self.extra = {short: extra[name] for short, name in names.items() if short not in self.secrets}

    def check_names(self) -> None:
        """Refuse an extra with a field that does not exist.

        :raises CanvasConnectionError: When there is one.
        """
        for name in self.extra:
            if name not in EXTRAS:
                similar = difflib.get_close_matches(name, EXTRAS, n=1)
                hint = f"Did you mean {similar[0]!r}? " if similar else ""
                raise self.error(
                    name, f"is not a field of a Canvas connection. {hint}The fields are {', '.join(EXTRAS)}"
                )

    def error(self, field: str, problem: str) -> CanvasConnectionError:
        """Return the error for a field that is not valid."""
        return CanvasConnectionError(f"Connection {self.conn_id!r}: {field} {problem}.")

    def secret(self, name: str) -> Secret:
        """Return a secret field; an empty one if it is not there."""
        return self.secrets.get(name, Secret(""))

    def text(self, name: str) -> str | None:
        """Return a field of the extra as text; ``None`` if it is missing or empty."""
        value = self.extra.get(name)
        return None if value is None or value == "" else str(value)

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a field of the extra as a number within the limits of the form.

        :param name: The field, which is an option of the section ``[canvas]`` too.
        :param default: The value if neither the field nor the option is set, and the option has no default.
        :raises CanvasConnectionError: When the field is not a number within the limits.
        :raises CanvasInputError: When the option is not.
        """
        value = self.extra.get(name)
        if value is None or value == "":
            configured = configured_number(name)
            return default if configured is None else configured
        minimum, maximum = LIMITS[name]
        whole = "integer" in CONN_FIELDS[name]["schema"]["type"]
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = -1.0
        if isinstance(value, bool) or not minimum <= number <= maximum or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            raise self.error(
                name, f"is {value!r}: write {kind} from {minimum:g} to {maximum:g}, such as {_example(name, default)}"
            )
        return number

    def boolean(self, name: str) -> bool:
        """Return a field of the extra as true or false; false if it is missing or empty.

        :raises CanvasConnectionError: When it is neither.
        """
        value = self.extra.get(name)
        if value is None or value == "":
            return False
        try:
            return bool(parse_bool(name, value))
        except CanvasInputError:
            raise self.error(name, f"is {value!r}: write true or false") from None
