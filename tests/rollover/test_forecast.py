"""What a batch is expected to take."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.rollover.eta import LaneEstimate
from airflow_provider_canvas.rollover.forecast import forecast_copies


def test_a_batch_without_history() -> None:
    """Without earlier copies Canvas is expected to run one after another, 15 seconds each."""
    forecast = forecast_copies(["1"] * 1000)
    assert forecast.as_dict() == {
        "copies": 1000,
        "requests": 4200,
        "cost": pytest.approx(366.8),
        "seconds": 15_000,
        "seconds_per_copy": 15.0,
        "lane_width": 1,
        "measured": False,
    }


def test_a_batch_with_history() -> None:
    """What earlier copies took, and how many ran at once, counts."""
    history = LaneEstimate(
        seconds_left=0, copies_per_hour=0, width=2, mean_seconds=10, seconds_by_source={"1": 4, "2": 16}
    )
    forecast = forecast_copies(["1", "2", "3", "1"], history=history)
    assert (forecast.seconds, forecast.seconds_per_copy, forecast.lane_width, forecast.measured) == (18, 8.5, 2, True)


def test_nothing_to_copy() -> None:
    """A batch without copies takes nothing."""
    forecast = forecast_copies([])
    assert (forecast.requests, forecast.cost, forecast.seconds) == (0, 0, 0)
