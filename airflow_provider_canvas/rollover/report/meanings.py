"""What each state of a copy means for the reader of a report, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_provider_canvas.html.bars import Segment
from airflow_provider_canvas.ledger.states import CopyState


@dataclass(frozen=True)
class Meaning:
    """The meaning of a state.

    :param symbol: The character that stands for the state.
    :param explanation: What happened.
    :param advice: What to do; empty if nothing needs to be done.
    """

    symbol: str
    explanation: str
    advice: str = ""


MEANINGS: dict[CopyState, Meaning] = {
    CopyState.FAILED: Meaning(
        "✕",
        "Canvas refused the copy or could not complete it.",
        "Read Canvas's message in the row and on the import page. The next run tries it again, up to max_attempts.",
    ),
    CopyState.BLOCKED: Meaning(
        "‖",
        "Canvas gave the copy up, because another migration into the same course did not end.",
        "Wait until the course has no migration in progress. The next run tries the copy again.",
    ),
    CopyState.LOST: Meaning(
        "?",
        "The copy was submitted, and Canvas no longer has its content migration.",
        "Check the destination: it may have the content. The next run tries the copy again.",
    ),
    CopyState.CANCELLED: Meaning(
        "∅",
        "The copy was cancelled in Canvas.",
        "Check the destination: Canvas may have gone on with the copy. The next run tries it again.",
    ),
    CopyState.REFUSED: Meaning(
        "!",
        "The plan refused the copy, and no request was sent for it.",
        "Correct the row or the course as the details say, and plan the batch again.",
    ),
    CopyState.NOT_TRIED: Meaning(
        "\N{EN DASH}",
        "The run ended before it submitted the copy.",
        "Run the batch again: it submits only what is missing.",
    ),
    CopyState.COMPLETED_WITH_ISSUES: Meaning(
        "≠",
        "The content is there, and Canvas reports issues.",
        "Review the issues, most of which a teacher can mend from the import page of the course.",
    ),
    CopyState.SUBMITTING: Meaning(
        "↑", "The request is about to be sent, or its response is not recorded yet; the run that goes on finds out."
    ),
    CopyState.RUNNING: Meaning("▸", "Canvas is copying, or the copy waits for its lane."),
    CopyState.QUEUED: Meaning("…", "Canvas accepted the copy, and has not started it."),
    CopyState.PLANNED: Meaning("○", "The copy will be submitted."),
    CopyState.ALREADY_PRESENT: Meaning("=", "The destination had the content before, so nothing was copied."),
    CopyState.COMPLETED: Meaning("✓", "Canvas completed the copy without issues."),
}
"""The meanings, in the order of the rows of a report: what needs a person first."""

NEEDS_ADVICE = tuple(state for state, meaning in MEANINGS.items() if meaning.advice)
"""The states that need a person, the most severe first."""


def label(state: CopyState) -> str:
    """Return a state as a report writes it, such as ``Completed with issues``."""
    return state.replace("_", " ").capitalize()


def segments(counts: Mapping[CopyState, int]) -> list[Segment]:
    """Return the parts of a bar for the states that occur: what is complete first, what failed last."""
    return [
        Segment(str(state), MEANINGS[state].symbol, label(state), counts[state])
        for state in reversed(MEANINGS)
        if counts.get(state)
    ]
