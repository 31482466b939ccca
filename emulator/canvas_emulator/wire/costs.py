"""What requests cost: the medians of a real Canvas of June 2023, whose unit is a second of its CPU and database.

A request costs less than it lasts, and a bucket loses 10 units per second. So the number of requests that a client has
in flight limits it, for each of which 50 units are taken in advance, and not what they cost.
"""

from __future__ import annotations

import re
from functools import cache

from canvas_emulator.wire.request import Route
from canvas_emulator.wire.responses import Response

MEASURED: tuple[tuple[str, float, float], ...] = (
    (r"POST /login/oauth2/token", 200.0, 0),
    (r"GET .*/files/{id}/download", 0.011, 0),
    (r"GET .*/progress/{id}", 0.041, 0),
    (r"POST .*/cancel", 0.047, 0),
    (r"GET .*/content_migrations", 0.07, 0.012),
    (r"GET .*/content_migrations/{\w+}", 0.072, 0),
    (r"GET .*/asset_id_mapping", 0.19, 0),
    (r"GET .*/(selective_data|content_list)", 0.118, 0),
    (r"GET .*/migration_issues", 0.084, 0),
    (r"POST .*/(content_migrations|course_copy)", 0.101, 0),
    (r"GET .*/course_copy/{\w+}", 0.068, 0),
    (r"GET .*/content_exports/{\w+}", 0.054, 0),
    (r"POST .*/content_exports", 0.071, 0),
    (r"POST /accounts/{\w+}/courses", 0.166, 0),
    (r"PUT /accounts/{\w+}/courses", 0.059, 0),
    (r"PUT /courses/{\w+}", 0.102, 0),
    (r"GET /(.*/)?courses", 0.1, 0.0034),
    (r"POST /graphql", 0.035, 0),
    (r"GET .*/reset_content", 0.5, 0),
    (r"GET .*/assignments", 0.2, 0.035),
    (r"GET .*/assignments/{\w+}", 0.28, 0),
    (r"GET .*/discussion_topics", 0.15, 0.025),
    (r"GET .*/(all_)?quizzes", 0.15, 0.03),
    (r"GET .*/(pages|files|users|folders)", 0.1, 0.006),
    (r"GET .*/modules", 0.1, 0.01),
    (r"GET .*/todo", 0.57, 0),
)
"""Patterns of a method with a path, what such a request costs, and what each row of its response adds."""

READING, WRITING, REFUSED = 0.07, 0.1, 0.03
"""What all other requests cost, and those that are refused."""


INCLUDES_PER_ROW = 0.0126
"""What ``include[]`` adds for each row of a list of courses: 50 of them cost 0.9 in place of 0.27."""


def measured_cost(route: Route, response: Response, *, has_includes: bool = False) -> float:
    """Return what a request cost a real Canvas, in units.

    :param route: The route of the request.
    :param response: Its response.
    :param has_includes: Whether it has ``include[]``.
    """
    base, per_row = _measured(route.method, route.path)
    if has_includes and route.method == "GET" and route.path.endswith("/courses"):
        per_row += INCLUDES_PER_ROW
    return min(base, REFUSED) if response.status >= 400 else base + per_row * response.rows


@cache
def _measured(method: str, path: str) -> tuple[float, float]:
    request = f"{method} {path}"
    for pattern, base, per_row in MEASURED:
        if re.fullmatch(pattern, request):
            return base, per_row
    return (READING if method == "GET" else WRITING), 0.0
