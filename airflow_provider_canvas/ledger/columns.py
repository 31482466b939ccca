"""Types of columns that SQLite and PostgreSQL store alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    UtcType = TypeDecorator[datetime]
    JsonType = TypeDecorator[Any]
else:
    UtcType = JsonType = TypeDecorator  # SQLAlchemy 1.4 cannot subscript it


class UtcDateTime(UtcType):
    """A time in UTC. PostgreSQL stores the zone, SQLite does not: so times are converted on the way in and out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Convert a time to UTC before it is stored."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Convert a stored time to UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SortedJson(JsonType):
    """JSON whose keys are sorted, so that equal values are equal texts and SQL can compare them."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:  # noqa: ARG002
        """Sort the keys of all objects before they are stored."""
        return _sorted(value)


def _sorted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value
