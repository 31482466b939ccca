"""Importing the questions of a QTI file into a question bank, if the migration names one: its id, or else its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from canvas_emulator.effects.packages.package import Package
from canvas_emulator.model.content import Content, QuestionBank, QuizQuestion
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.parameters import number

BANK_ID, BANK_KEY = 0, "the question bank of the migration"
"""Stand, in a package, for the id and the migration id of the bank, which is no part of it. Ids in it start at 1."""


def question_bank(world: World, migration: ContentMigration) -> QuestionBank | None:
    """Return the bank of a migration, made if nothing of its name is there; None if the migration names none."""
    settings = migration.migration_settings
    bank_id, name = number(str(settings.get("question_bank_id", ""))), settings.get("question_bank_name")
    banks = world.live(QuestionBank, migration.course_id)
    found = next((bank for bank in banks if bank.id == bank_id), None)
    if found is not None or not name:
        return found
    same = next((bank for bank in banks if bank.title == str(name)), None)
    return same or world.add(QuestionBank(course_id=migration.course_id, title=str(name)))


def into_bank(package: Package) -> Package:
    """Return a package with all its questions in the bank of the migration."""
    questions: Mapping[int, Content] = {
        row.id: replace(row, question_bank_id=BANK_ID)
        for row in package.rows[QuizQuestion].values()
        if isinstance(row, QuizQuestion)
    }
    return replace(package, rows={**package.rows, QuizQuestion: questions})
