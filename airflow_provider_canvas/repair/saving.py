"""Save the texts of a place if no user edited them, and find out what Canvas has afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.repair.content import Content, Reading
from airflow_provider_canvas.repair.lines import CLEARED_DATES
from airflow_provider_canvas.repair.outcome import Outcome, of_error
from airflow_provider_canvas.repair.places import Place
from airflow_provider_canvas.repair.rewriting import Texts, same_texts, unedited
from airflow_provider_canvas.repair.states import RepairState

PAUSES = (0.0, 0.0, 1.0, 3.0, 7.0, 15.0, 30.0)
"""Seconds before each reading of a place. More than two are needed if a request fails, or if a replica lags behind."""

CHANGED = "The address was changed."


@dataclass(frozen=True)
class Saver:
    """Saves texts.

    :param content: Reads and saves places.
    :param hosts: The hosts of the Canvas.
    :param sleep: Waits.
    """

    content: Content
    hosts: Collection[str]
    sleep: Callable[[float], None] = time.sleep

    def save(self, place: Place, reading: Reading, texts: Texts, done: str = CHANGED) -> Outcome:
        """Save texts, and return ``repaired`` if Canvas has them afterwards.

        The place is read again right before each attempt. It is left as it is if its texts are not those of the first
        reading any more. A request whose response was lost is not repeated before the place was read, too.

        :param place: The place.
        :param reading: The place as it was read first.
        :param texts: All its texts as they are to be.
        :param done: What is said if Canvas has them afterwards.
        """
        tried, saved, last = False, False, Outcome(RepairState.FAILED, "The change was not tried.")
        for pause in PAUSES:
            if pause:
                self.sleep(pause)
            try:
                now = self.content.read(place)
                if same_texts(now.texts, texts, self.hosts):
                    if not tried:
                        return Outcome(RepairState.UNCHANGED, "Another run changed the text to the same.")
                    return Outcome(RepairState.REPAIRED, done + cleared_dates(reading.dates, now.dates))
                if not unedited(now.texts, reading.texts):
                    return _edited(saved=saved, tried=tried)
                if not saved:
                    tried = True
                    self.content.save(place, now, texts)
                    saved = True
            except errors.CanvasError as error:
                last = of_error(error)
                if not last.is_trouble:
                    return last
        if saved:
            return Outcome(
                RepairState.SKIPPED_UNSUPPORTED, "Canvas accepted the change, and still has the text from before."
            )
        return last


def _edited(*, saved: bool, tried: bool) -> Outcome:
    if saved:
        return Outcome(
            RepairState.FAILED,
            "The change was saved, and the text that Canvas has now is another one: a user edited it at the same "
            "time, or Canvas changed more of it. Compare it with the backup.",
        )
    detail = "A user edited the text while the task ran."
    return Outcome(
        RepairState.SKIPPED_EDITED, f"{detail} Whether the change came before is not known." * tried or detail
    )


def cleared_dates(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return which dates of a course Canvas cleared, as a further sentence; empty if it cleared none.

    :param before: The dates before its syllabus was saved.
    :param after: The dates afterwards.
    """
    cleared = {name: value for name, value in before.items() if value and after.get(name) != value}
    return _of_dates("With it, Canvas cleared", cleared)


def dates_to_clear(reading: Reading) -> str:
    """Return which dates of a course Canvas would clear, as a further sentence; empty if it would clear none.

    :param reading: The place, as a dry run reads it.
    """
    return _of_dates("With it, Canvas would clear", reading.dates_at_risk)


def _of_dates(start: str, dates: Mapping[str, Any]) -> str:
    if not dates:
        return ""
    names = " and ".join(f"{name} ({value})" for name, value in dates.items())
    return f" {start} {names} {CLEARED_DATES}"
