"""The emulator's switches: what differs between Canvas installations, versions, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass
class Settings:
    """Everything that can be switched while the emulator runs.

    :param copy_seconds: how long a course copy takes, from its POST to `completed`.
    :param quiz_migration_seconds: how long a quiz assignment stays `migrating` before it fails.
    :param cancel_stops_job: cancelling a Progress stops its job. In Canvas it does not.
    :param restore_deleted: a copy revives rows that were deleted in the destination. In Canvas: unconfirmed.
    :param asset_map_v2: the mapping also has entries keyed by migration id, whose values are objects.
    :param legacy_permission_401: a missing right answers 401, as servers did before 2022, and not 403.
    :param legacy_throttle_403: a throttled request answers 403, as servers did before October 2025, and not 429.
    :param require_user_agent: requests without a User-Agent are refused.
    :param throttle: refuse requests of a token whose bucket is full. The bucket is kept in any case.
    :param cost: what a request costs its token's bucket, in units.
    :param cost_per_row: what each row of a listing adds to that.
    :param up_front: what is held in the bucket while a request is in flight.
    :param high_water_mark: from here on the bucket refuses.
    :param maximum: the bucket never holds more.
    :param outflow: units that leak from the bucket each second.
    """

    copy_seconds: float = 25.0
    quiz_migration_seconds: float = 600.0
    cancel_stops_job: bool = False
    restore_deleted: bool = False
    asset_map_v2: bool = False
    legacy_permission_401: bool = False
    legacy_throttle_403: bool = False
    require_user_agent: bool = True
    throttle: bool = True
    cost: float = 0.3
    cost_per_row: float = 0.002
    up_front: float = 50.0
    high_water_mark: float = 600.0
    maximum: float = 800.0
    outflow: float = 10.0

    def change(self, values: Mapping[str, object]) -> None:
        """Set several switches by name, or none of them.

        :param values: name to value; a switch takes true or false, a number takes a number of 0 or more.
        :raises ValueError: when a name is unknown or a value is of the wrong kind.
        """
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no setting {name!r}; there are: {', '.join(sorted(known))}")
            is_switch = isinstance(getattr(self, name), bool)
            if isinstance(value, bool) is not is_switch or (not is_switch and not _is_amount(value)):
                raise ValueError(f"{name} takes {'true or false' if is_switch else 'a number of 0 or more'}")
        for name, value in values.items():
            setattr(self, name, value)


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and value >= 0
