"""Finding rows by an id, in all forms that Canvas takes in a path or a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import Section
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import Account, Term, User
from canvas_emulator.model.tables import SHARD, Index
from canvas_emulator.model.world import World

FORMS: Mapping[str, Mapping[str, str]] = {
    "course": {
        "sis_course_id": "sis_course_id",
        "sis_integration_id": "integration_id",
        "lti_context_id": "uuid",
        "uuid": "uuid",
    },
    "account": {
        "sis_account_id": "sis_account_id",
        "sis_integration_id": "integration_id",
        "lti_context_id": "uuid",
        "uuid": "uuid",
    },
    "user": {
        "sis_user_id": "sis_user_id",
        "sis_login_id": "login_id",
        "sis_integration_id": "integration_id",
        "lti_user_id": "uuid",
        "lti_1_1_id": "uuid",
        "lti_1_3_id": "uuid",
        "uuid": "uuid",
    },
    "group": {"sis_group_id": "sis_group_id", "lti_context_id": "uuid"},
    "section": {"sis_section_id": "sis_section_id", "sis_integration_id": "integration_id"},
    "term": {"sis_term_id": "sis_term_id"},
}
"""By kind of row: the forms, and the attribute that each names."""


def local_id(text: str) -> int | None:
    """Return the local id that a plain number, a global number or ``shard~id`` means; None for anything else."""
    shard, tilde, rest = text.partition("~")
    if tilde:
        return parse_int(rest) if parse_int(shard) == 1 else None
    row_id = parse_int(text)
    return row_id - SHARD if row_id is not None and SHARD < row_id < 2 * SHARD else row_id


def find_course(world: World, text: str) -> Course | None:
    """Return the course that an id in any form means; None when there is none or it was deleted."""
    course: Course | None = find_row(world, "course", world.tables.courses, text)
    return None if course is None or course.workflow_state == "deleted" else course


def sis_id_is_free(world: World, sis_course_id: str | None, course: Course) -> bool:
    """Tell whether a course may have an SIS id: no other course has it. Deleted courses keep theirs."""
    if not sis_course_id:
        return True
    return find_row(world, "course", world.tables.courses, f"sis_course_id:{sis_course_id}") in (None, course)


def find_account(world: World, text: str) -> Account | None:
    """Return the account of an id in any form; ``self``, ``default`` and ``site_admin`` are the root account."""
    accounts = world.tables.accounts
    if text in ("self", "default", "site_admin"):
        return accounts[min(accounts)] if accounts else None
    account: Account | None = find_row(world, "account", accounts, text)
    return account


def find_user(world: World, text: str, caller: User) -> User | None:
    """Return the user that an id in any form means; ``self`` is the caller."""
    if text == "self":
        return caller
    user: User | None = find_row(world, "user", world.tables.users, text)
    return user


def find_section(world: World, text: str) -> Section | None:
    """Return the section that an id in any form means."""
    section: Section | None = find_row(world, "section", world.enrollments.sections, text)
    return section


def find_term(world: World, text: str) -> Term | None:
    """Return the term that an id in any form means: ``default`` is the first, ``current`` the one of today."""
    terms, now = world.tables.terms, world.clock.now()
    if text == "default":
        return terms[min(terms)] if terms else None
    if text == "current":
        running = (t for t in terms.values() if t.start_at and t.end_at and t.start_at <= now <= t.end_at)
        return next(running, None)
    term: Term | None = find_row(world, "term", terms, text)
    return term


def find_row(world: World, kind: str, rows: Mapping[int, Any], text: str) -> Any:
    """Return the row of a table that an id means, in any form that the kind has; None when there is none.

    :param kind: A key of ``FORMS``.
    """
    if (row_id := local_id(text)) is not None:
        return rows.get(row_id) if world.settings.sharded or "~" not in text else None
    form, colon, value = text.partition(":")
    if form == "hex":
        form, colon, value = value.partition(":")
        value = _decoded(value)
    if not colon or form not in FORMS[kind] or not value.strip():
        return None
    attribute = FORMS[kind][form]
    return world.indexes.setdefault((kind, attribute), Index(attrgetter(attribute))).find(rows, value.strip())


def _decoded(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        return ""
