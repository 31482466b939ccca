"""The states in which Canvas has the assignment of a New Quiz, and what they mean for its copy."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_canvas.reconciliation.statuses import Status

STATUSES: Mapping[str, Status] = {
    "importing": Status.PENDING_QUIZ,
    "duplicating": Status.PENDING_QUIZ,
    "migrating": Status.PENDING_QUIZ,
    "outcome_alignment_cloning": Status.PENDING_QUIZ,
    "fail_to_import": Status.FAILED_QUIZ,
    "failed_to_import": Status.FAILED_QUIZ,
    "failed_to_duplicate": Status.FAILED_QUIZ,
    "failed_to_migrate": Status.FAILED_QUIZ,
    "failed_to_clone_outcome_alignment": Status.FAILED_QUIZ,
}
"""By ``workflow_state``, the status of an assignment whose New Quiz Canvas is still building, or failed to build."""
