"""How long to wait for what Canvas may not show yet.

Canvas reads from replicas of its database, which lag a little. What a request just made or changed may be missing from
the next response, so every check that must not be wrong is repeated after these pauses.
"""

from __future__ import annotations

PAUSES = (1.0, 3.0, 6.0)
"""Seconds before each repeated check; their sum is the longest lag that is covered.

With a longer lag, what a POST whose response was lost has made is not found in time. The POST is then retried and makes
a second one.
"""


def pauses_from_now() -> tuple[float, ...]:
    """Return the pauses for a check that is made at once and then repeated."""
    return (0.0, *PAUSES)
