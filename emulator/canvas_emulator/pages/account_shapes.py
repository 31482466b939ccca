"""The JSON of accounts and of their terms."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.records import Account, Term
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

DEFAULT_QUOTA_MB, SMALL_QUOTA_MB = 500, 50


def account_shape(request: Request, account: Account) -> dict[str, Any]:
    """Render an Account."""
    root_id = min(request.world.tables.accounts)
    return {
        "id": account.id,
        "name": account.name,
        "workflow_state": "active",
        "parent_account_id": account.parent_account_id,
        "root_account_id": None if account.id == root_id else root_id,
        "uuid": account.uuid,
        "default_storage_quota_mb": DEFAULT_QUOTA_MB,
        "default_user_storage_quota_mb": SMALL_QUOTA_MB,
        "default_group_storage_quota_mb": SMALL_QUOTA_MB,
        "default_time_zone": account.default_time_zone,
        "sis_account_id": account.sis_account_id,
        "sis_import_id": None,
        "integration_id": account.integration_id,
        "course_template_id": account.course_template_id or 0,
    }


def term_shape(request: Request, term: Term) -> dict[str, Any]:
    """Render an EnrollmentTerm, with the keys that only administrators see."""
    payload = {
        "id": term.id,
        "name": term.name,
        "start_at": stamp(term.start_at),
        "end_at": stamp(term.end_at),
        "created_at": stamp(term.created_at),
        "workflow_state": "active",
        "grading_period_group_id": None,
    }
    return payload | ({"sis_term_id": term.sis_term_id, "sis_import_id": None} if request.user.is_admin else {})
