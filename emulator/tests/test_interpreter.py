from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import pytest

from canvas_emulator.machines.agenda import Agenda
from canvas_emulator.machines.plans import IllegalMoveError, Stage, check_move, lasting
from canvas_emulator.model.clock import START


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Diary:
    """What was applied, and when, in seconds after the start."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []

    def apply(self, stage: Stage, at: datetime) -> None:
        self.lines.append(((at - START).total_seconds(), stage.state.value))


PLAN = (Stage(2, Light.GREEN), Stage(3, Light.RED))


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_stages_happen_when_they_are_due() -> None:
    """A stage is applied at its due time, however late the agenda settles."""
    agenda, diary = Agenda(), Diary()
    agenda.begin(PLAN, diary.apply, START)
    agenda.settle(after(1.9))
    assert diary.lines == []
    agenda.settle(after(60))
    assert diary.lines == [(2, "green"), (5, "red")]


def test_polling_again_changes_nothing() -> None:
    """Settling twice at the same time runs no stage twice."""
    agenda, diary = Agenda(), Diary()
    agenda.begin(PLAN, diary.apply, START)
    agenda.settle(after(2))
    agenda.settle(after(2))
    assert diary.lines == [(2, "green")]


def test_runs_are_interleaved_in_time() -> None:
    """The stages of several runs happen in the order in which they are due."""
    agenda, diary = Agenda(), Diary()
    agenda.begin(PLAN, diary.apply, after(1))
    agenda.begin(PLAN, diary.apply, START)
    agenda.settle(after(60))
    assert diary.lines == [(2, "green"), (3, "green"), (5, "red"), (6, "red")]


def test_a_stopped_run_stays_where_it_is() -> None:
    """After a stop no stage happens any more."""
    agenda, diary = Agenda(), Diary()
    run = agenda.begin(PLAN, diary.apply, START)
    agenda.settle(after(2))
    agenda.stop(run)
    agenda.settle(after(60))
    assert diary.lines == [(2, "green")]


def test_an_expedited_stage_happens_once_and_early() -> None:
    """A stage that is brought forward does not happen again at its old time."""
    agenda, diary = Agenda(), Diary()
    run = agenda.begin((Stage(3600, Light.GREEN),), diary.apply, START)
    agenda.expedite(run, after(1))
    agenda.settle(after(7200))
    assert diary.lines == [(1, "green")]


def test_a_finished_run_cannot_be_expedited() -> None:
    """Bringing forward what is over does nothing."""
    agenda, diary = Agenda(), Diary()
    run = agenda.begin(PLAN, diary.apply, START)
    agenda.settle(after(60))
    agenda.expedite(run, after(61))
    agenda.settle(after(120))
    assert len(diary.lines) == 2


def test_a_plan_can_be_given_another_length() -> None:
    """Stretching a plan keeps the proportions of its stages."""
    assert [stage.after for stage in lasting(PLAN, 50)] == [20, 30]


def test_moves_that_the_table_lacks_are_refused() -> None:
    """An illegal move raises and names both states."""
    allowed = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset[Light]()}
    check_move(allowed, Light.RED, Light.GREEN)
    check_move(allowed, Light.GREEN, Light.GREEN)
    with pytest.raises(IllegalMoveError, match="from green to red"):
        check_move(allowed, Light.GREEN, Light.RED)
