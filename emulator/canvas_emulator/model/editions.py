"""The editions of Canvas that the emulator imitates, and the table of the settings in which they differ.

To add a switch that depends on the age of a Canvas: add a field to ``settings.Settings`` whose default is
``BY_EDITION``, describe it there, and add its line to ``DIFFERENCES``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

VARIABLE = "CANVAS_EMULATOR_EDITION"
"""The environment variable that names the edition where nothing else does."""

BY_EDITION: Final[Any] = object()
"""The default of a setting whose value depends on the edition."""


class Edition(StrEnum):
    """Which Canvas is imitated: the self-hosted release of June 2023 that was recorded, or today's cloud."""

    JUNE_2023 = "2023-06"
    CURRENT = "current"


class NewQuizzesMode(StrEnum):
    """The New Quizzes of an installation.

    ``ok``: copied quizzes are there. ``needs_opening``: the quiz API does not know a copied one before it was opened
    in a browser. ``stuck``: a copied one stays ``duplicating``. ``failed``: its duplication fails. ``absent``: nothing.
    """

    OK = "ok"
    NEEDS_OPENING = "needs_opening"
    STUCK = "stuck"
    FAILED = "failed"
    ABSENT = "absent"


class GraphQLVersion(StrEnum):
    """The version of the GraphQL schema."""

    V2023 = "2023"
    V2026 = "2026"


@dataclass(frozen=True)
class Difference:
    """A setting whose value depends on the edition.

    :param setting: The name of the field of ``settings.Settings``.
    :param june_2023: Its value in the edition ``2023-06``.
    :param current: Its value in the edition ``current``.
    :param source: How both values are known; "recorded" means seen in the responses of a Canvas of June 2023.
    """

    setting: str
    june_2023: object
    current: object
    source: str

    def value(self, edition: Edition) -> object:
        """Return the value of the setting in an edition."""
        return self.june_2023 if edition is Edition.JUNE_2023 else self.current


DIFFERENCES: Final = (
    Difference("legacy_copied_links", True, False, "recorded; newer links: Canvas's source"),
    Difference("legacy_permission_401", True, False, "recorded; hosted Canvas answers 403 since August 2022"),
    Difference("legacy_throttle_403", True, False, "recorded; hosted Canvas answers 429 since October 2025"),
    Difference("legacy_token_messages", True, False, "recorded; newer messages: Canvas's source"),
    Difference("require_user_agent", False, True, "recorded; Canvas API change log"),
    Difference("max_per_page", 50, 100, "recorded; hosted Canvas sets 100"),
    Difference("newer_keys", False, True, "recorded; Canvas API documentation"),
    Difference("upload_duplicate_error", False, True, "recorded; Canvas API documentation of file uploads"),
    Difference("skip_course_template", False, True, "recorded; Canvas API documentation of courses"),
    Difference("finished_at_halfway", True, False, "recorded; newer behaviour: Canvas's source"),
    Difference("sort_by_last_login", False, True, "recorded; Canvas API documentation of courses"),
    Difference("granular_permissions", False, True, "recorded; hosted Canvas tells these permissions apart"),
    Difference("teachers_create_courses", True, False, "recorded; a setting of the account"),
    Difference("user_profiles", False, True, "recorded; a setting of the account"),
    Difference("gradebook_features", False, True, "recorded; feature options of the account"),
    Difference("lti_resource_links", False, True, "recorded; Canvas's source"),
    Difference("new_quizzes", NewQuizzesMode.ABSENT, NewQuizzesMode.OK, "recorded; Canvas API documentation"),
    Difference("sharded", False, True, "recorded; hosted Canvas has many shards"),
    Difference("graphql_version", GraphQLVersion.V2023, GraphQLVersion.V2026, "recorded; Canvas's source"),
    Difference("graphql_aliases", 0, 20, "recorded: no limit; Canvas's source"),
    Difference("graphql_directives", 0, 5, "recorded: no limit; Canvas's source"),
    Difference("graphql_tokens", 0, 5000, "recorded: no limit; Canvas's source"),
    Difference("graphql_depth", 0, 15, "recorded: no limit; Canvas's source"),
    Difference("graphql_complexity", 0, 375_000, "recorded: no limit; Canvas's source"),
    Difference("graphql_page", 0, 100, "recorded: no limit; Canvas's source"),
    Difference("stale_bookmark_400", False, True, "recorded; newer response: Canvas's source"),
)
"""All differences between the editions."""


def default_edition() -> Edition:
    """Return the edition that the environment variable ``CANVAS_EMULATOR_EDITION`` names, or today's.

    :raises ValueError: When the variable names no edition.
    """
    name = os.environ.get(VARIABLE) or Edition.CURRENT
    try:
        return Edition(name)
    except ValueError:
        raise ValueError(f"{VARIABLE} must be one of {', '.join(Edition)}, not {name!r}") from None
