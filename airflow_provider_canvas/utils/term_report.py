"""The HTML report of a reconciled batch, written to a file on any object storage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.object_storage import replaced_file

if TYPE_CHECKING:
    from airflow_provider_canvas.course_pairs.batch_rows import BatchRows


def write_term_report(rows: BatchRows, uri: str | None, base_url: str, log: Any) -> str | None:
    """Write the report of a reconciled batch, and return its address; ``None`` without one.

    A report that cannot be written is a warning: the tables have everything.

    :param rows: The rows of the batch.
    :param uri: The address of the report.
    :param base_url: The base URL of Canvas.
    :param log: The log of the task.
    """
    if uri is None:
        return None
    from sqlalchemy.exc import SQLAlchemyError

    from airflow_provider_canvas.reconciliation.term_report.term_report import render_term_report

    store = rows.store
    try:
        with replaced_file(uri) as file:
            parts = render_term_report(
                store.engine,
                canvas_instance=rows.canvas_instance,
                batch=rows.batch,
                base_url=base_url,
                reported_at=datetime.now(UTC),
                report_uri=uri,
                asset_table=store.asset_table,
                ledger_table=store.ledger_table,
                link_table=store.link_table,
                schema=store.schema,
            )
            for part in parts:
                file.write(part.encode(errors="xmlcharrefreplace"))
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001  # each storage has errors of its own
        log.warning("The report %s could not be written: %s: %s", redact(uri), type(error).__name__, redact(str(error)))
        return None
    log.info("Report: %s", redact(uri))
    return uri
