"""What is wrong with one address, before it is known in which place it stands."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_canvas.reconciliation.links.reference import Reference
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.links.translation import Translation


@dataclass(frozen=True)
class Finding:
    """What is wrong with one address.

    :param problem: The problem.
    :param right_url: The address that should be there; None if it is not known.
    :param source_id: The source's asset that is meant; None if it is not known.
    :param dest_id: The destination's asset that is meant; None if it is not known.
    :param detail: What is wrong and what to do, as a sentence.
    :param reference: What the address means; None for one that is no address of Canvas.
    """

    problem: Problem
    right_url: str | None = None
    source_id: str | None = None
    dest_id: str | None = None
    detail: str = ""
    reference: Reference | None = None

    @classmethod
    def of(cls, problem: Problem, translation: Translation, what: str, reference: Reference) -> Finding:
        """Return the finding about an address that was translated, or could not be.

        :param problem: The problem.
        :param translation: The right address, or why it is not known.
        :param what: What is wrong, without a full stop.
        :param reference: What the address means.
        """
        advice = (
            "Put the copy's address in its place."
            if translation.right
            else f"The right address is not known: {translation.reason}. Correct the link by hand, or remove it."
        )
        right_url = translation.right.url if translation.right else None
        return cls(problem, right_url, translation.source_id, translation.dest_id, f"{what}. {advice}", reference)
