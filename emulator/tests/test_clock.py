from __future__ import annotations

from datetime import timedelta

import pytest

from canvas_emulator.model.clock import START, ManualClock, RealClock


class TestManualClock:
    def test_manual_clock_stands_still(self) -> None:
        """A manual clock shows the same time until it is moved."""
        clock = ManualClock()
        assert (clock.now(), clock.now()) == (START, START)

    def test_manual_clock_advances(self) -> None:
        """A manual clock moves by exactly the requested time."""
        clock = ManualClock()
        clock.advance(90.5)
        assert clock.now() == START + timedelta(seconds=90.5)


class TestRealClock:
    def test_real_clock_runs_at_its_speed(self) -> None:
        """A real clock with a high speed runs many emulated seconds in a moment."""
        clock = RealClock(speed=1e9)
        assert (clock.now() - clock.now()).total_seconds() < -10

    def test_real_clock_can_be_advanced(self) -> None:
        """A real clock can be advanced, too."""
        clock = RealClock()
        before = clock.now()
        clock.advance(3600)
        assert timedelta(seconds=3600) <= clock.now() - before < timedelta(seconds=3660)

    def test_speed_of_0_is_refused(self) -> None:
        """A speed of 0 is refused."""
        with pytest.raises(ValueError, match="above 0"):
            RealClock(speed=0)


@pytest.mark.parametrize("clock", [ManualClock(), RealClock()])
def test_time_never_goes_back(clock: ManualClock | RealClock) -> None:
    """No clock can be moved backwards."""
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
