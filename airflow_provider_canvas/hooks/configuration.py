"""The defaults that an administrator sets once, in the section ``[canvas]`` of Airflow's configuration.

An argument of a task comes first, then a field of the connection, then the option, then the default of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import InterpolationError
from types import MappingProxyType

from airflow.providers.common.compat.sdk import conf

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.settings import check_user_agent_suffix
from airflow_provider_canvas.get_provider_info import CONFIG_OPTIONS, CONN_FIELDS

SECTION = "canvas"

_YEAR = 365 * 24 * 3600

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "poll_interval": (1, 3600),
        "timeout": (60, _YEAR),
        "batch_timeout": (60, _YEAR),
        "max_in_flight": (1, 10_000),
        **{
            name: (field["schema"]["minimum"], field["schema"]["maximum"])
            for name, field in CONN_FIELDS.items()
            if "minimum" in field["schema"]
        },
    }
)
"""The smallest and the largest value of each option that is a number. Those of connections have the form's limits."""


def configured_number(option: str) -> float | None:
    """Return an option as a number; ``None`` if it is not set and has no default.

    :param option: Its name, one of :data:`LIMITS`.
    :raises CanvasInputError: When it is not a number within its limits.
    """
    text = _text(option)
    if not text:
        default = CONFIG_OPTIONS[option]["default"]
        return None if default is None else float(default)
    minimum, maximum = LIMITS[option]
    is_whole = CONFIG_OPTIONS[option]["type"] == "integer"
    try:
        number = float(text)
    except ValueError:
        number = minimum - 1
    if not minimum <= number <= maximum or (is_whole and number != int(number)):
        kind = "a whole number" if is_whole else "a number"
        raise _error(
            option, f"is {text!r}: write {kind} from {minimum:,g} to {maximum:.0f}, such as {_example(option)}"
        )
    return number


def configured_seconds(option: str) -> float:
    """Return an option as seconds.

    :param option: Its name: one of :data:`LIMITS` that has a default.
    :raises CanvasInputError: When it is not a number within its limits.
    """
    number = configured_number(option)
    if number is None:
        raise AssertionError(f"[{SECTION}] {option} has no default")
    return number


def configured_count(option: str) -> int:
    """Return an option as a whole number.

    :param option: Its name: one of :data:`LIMITS` that has a default.
    :raises CanvasInputError: When it is not a whole number within its limits.
    """
    return int(configured_seconds(option))


def user_agent_suffix() -> str:
    """Return the text that the administrator adds to the header ``User-Agent``; empty by default.

    :raises CanvasInputError: When a header cannot contain it.
    """
    text = _text("user_agent_suffix")
    try:
        return check_user_agent_suffix(text)
    except CanvasInputError as error:
        raise _error("user_agent_suffix", f"is wrong. {error}".rstrip(".")) from None


def _text(option: str) -> str:
    """Return an option as text; empty if it is not set, or blank.

    :raises CanvasInputError: When it contains a percent sign in ``airflow.cfg`` that refers to nothing.
    """
    try:
        value = conf.get(SECTION, option, fallback=None)
    except InterpolationError:
        raise _error(option, "contains a percent sign: write two of them (%%) for one in airflow.cfg") from None
    return "" if value is None or str(value).strip() in ("", "None") else str(value).strip()


def _example(option: str) -> str:
    return str(CONFIG_OPTIONS[option]["example"])


def _error(option: str, problem: str) -> CanvasInputError:
    """Return the error for an option that is not valid."""
    variable = f"AIRFLOW__{SECTION.upper()}__{option.upper()}"
    return CanvasInputError(
        f"The option [{SECTION}] {option} of Airflow's configuration {problem}. It stands in airflow.cfg or in the "
        f"environment variable {variable}."
    )
