"""Take back the repair of one place, unless a user edited it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.repair.content import why_fixed
from airflow_provider_canvas.repair.outcome import Outcome, of_error
from airflow_provider_canvas.repair.repair_log import RepairLog
from airflow_provider_canvas.repair.rewriting import Texts, same_texts
from airflow_provider_canvas.repair.saving import Saver
from airflow_provider_canvas.repair.states import RepairState

RESTORED = "The text is as it was before the repair."


@dataclass(frozen=True)
class PlaceUndo:
    """Restores the texts of places from their backups. Interrupted, it can run again.

    :param saver: Saves texts.
    :param log: The table of changes.
    :param dry_run: Whether nothing is restored.
    """

    saver: Saver
    log: RepairLog
    dry_run: bool = True

    def undo(self, backups: Sequence[Backup]) -> list[tuple[Backup, Outcome]]:
        """Restore the texts of a place, and record it: ``undone``, or ``repaired`` if they stay as they are.

        :param backups: Its backups, the last change first: each one but the last leads to the text of the next.
        """
        outcomes = []
        planned: dict[str, str] = {}
        for backup in backups:
            outcome = self._restored(backup, planned)
            if outcome.state is RepairState.PLANNED:
                planned |= {field: text for field, text in backup.before.items() if text != backup.after.get(field)}
            if not self.dry_run:
                state = outcome.state if outcome.state is RepairState.UNDONE else RepairState.REPAIRED
                undo_run_id = self.log.run_id if state is RepairState.UNDONE else None
                self.log.change_state(backup.run_id, backup.place, state, outcome.detail, undo_run_id=undo_run_id)
            outcomes.append((backup, outcome))
        return outcomes

    def _restored(self, backup: Backup, planned: Texts) -> Outcome:
        """Restore the texts of one backup, or plan it.

        :param planned: The texts that a dry run would have restored by now.
        """
        place, hosts = backup.place, self.saver.hosts
        try:
            reading = self.saver.content.read(place)
        except errors.CanvasError as error:
            return of_error(error)
        changed = {field for field, text in backup.after.items() if text != backup.before.get(field)}
        now = {field: text for field, text in {**reading.texts, **planned}.items() if field in changed}
        before = {field: backup.before[field] for field in changed}
        if same_texts(now, before, hosts):
            return Outcome(RepairState.UNDONE, RESTORED)
        if not same_texts(now, {field: backup.after[field] for field in changed}, hosts):
            return Outcome(RepairState.SKIPPED_EDITED, "Not undone: a user edited the text since the repair.")
        why = next(filter(None, (why_fixed(place, reading, link) for link in place.links)), "")
        if why or self.dry_run:
            plan = Outcome(RepairState.PLANNED, "The text would be restored.")
            return Outcome(RepairState.SKIPPED_UNSUPPORTED, f"Not undone: {why}") if why else plan
        outcome = self.saver.save(place, reading, {**reading.texts, **before}, RESTORED)
        if outcome.state in (RepairState.REPAIRED, RepairState.UNCHANGED):
            return Outcome(RepairState.UNDONE, outcome.detail)
        return Outcome(outcome.state, f"Not undone: {outcome.detail}", outcome.is_trouble)
