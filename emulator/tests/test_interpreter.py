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


class AppliedStages:
    """The applied stages, each with its time in seconds after the start."""

    def __init__(self) -> None:
        self.stages: list[tuple[float, str]] = []

    def apply(self, stage: Stage, at: datetime) -> None:
        self.stages.append(((at - START).total_seconds(), stage.state.value))


PLAN = (Stage(2, Light.GREEN), Stage(3, Light.RED))


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_stages_are_applied_at_their_due_time() -> None:
    """A stage is applied at its due time, however late the agenda settles."""
    agenda, applied = Agenda(), AppliedStages()
    agenda.begin(PLAN, applied.apply, START)
    agenda.settle(after(1.9))
    assert applied.stages == []
    agenda.settle(after(60))
    assert applied.stages == [(2, "green"), (5, "red")]


def test_settling_twice_applies_no_stage_twice() -> None:
    """Settling twice at the same time applies no stage twice."""
    agenda, applied = Agenda(), AppliedStages()
    agenda.begin(PLAN, applied.apply, START)
    agenda.settle(after(2))
    agenda.settle(after(2))
    assert applied.stages == [(2, "green")]


def test_stages_of_several_runs_are_in_order() -> None:
    """The stages of several runs are applied in the order in which they are due."""
    agenda, applied = Agenda(), AppliedStages()
    agenda.begin(PLAN, applied.apply, after(1))
    agenda.begin(PLAN, applied.apply, START)
    agenda.settle(after(60))
    assert applied.stages == [(2, "green"), (3, "green"), (5, "red"), (6, "red")]


def test_stopped_run_applies_no_further_stage() -> None:
    """After a stop no further stage is applied."""
    agenda, applied = Agenda(), AppliedStages()
    run = agenda.begin(PLAN, applied.apply, START)
    agenda.settle(after(2))
    agenda.stop(run)
    agenda.settle(after(60))
    assert applied.stages == [(2, "green")]


def test_expedited_stage_is_applied_once() -> None:
    """An expedited stage is applied early, and not again at its old time."""
    agenda, applied = Agenda(), AppliedStages()
    run = agenda.begin((Stage(3600, Light.GREEN),), applied.apply, START)
    agenda.expedite(run, after(1))
    agenda.settle(after(7200))
    assert applied.stages == [(1, "green")]


def test_finished_run_cannot_be_expedited() -> None:
    """Expediting a finished run does nothing."""
    agenda, applied = Agenda(), AppliedStages()
    run = agenda.begin(PLAN, applied.apply, START)
    agenda.settle(after(60))
    agenda.expedite(run, after(61))
    agenda.settle(after(120))
    assert len(applied.stages) == 2


def test_plan_can_be_stretched() -> None:
    """A stretched plan keeps the proportions of its stages."""
    assert [stage.after for stage in lasting(PLAN, 50)] == [20, 30]


def test_illegal_move_is_refused() -> None:
    """A move that the table does not allow raises an error that names both states."""
    allowed = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset[Light]()}
    check_move(allowed, Light.RED, Light.GREEN)
    check_move(allowed, Light.GREEN, Light.GREEN)
    with pytest.raises(IllegalMoveError, match="from green to red"):
        check_move(allowed, Light.GREEN, Light.RED)
