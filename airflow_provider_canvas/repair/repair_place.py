"""The repair of one place: read it, back it up, record the change, save it, and record the outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.repair.backups import Backup, BackupStore
from airflow_provider_canvas.repair.content import reason_to_skip, why_fixed
from airflow_provider_canvas.repair.outcome import Outcome, of_error
from airflow_provider_canvas.repair.places import Link, Place
from airflow_provider_canvas.repair.repair_log import RepairLog
from airflow_provider_canvas.repair.rewriting import corrected_texts, same_texts, without_verifiers
from airflow_provider_canvas.repair.saving import Saver, cleared_dates, dates_to_clear
from airflow_provider_canvas.repair.states import RepairState

INTERRUPTED = "The run ended before it saved the change. Run the task again."


@dataclass(frozen=True)
class PlaceRepair:
    """Repairs places. A process that dies at any point is continued by the next one.

    The order is: backup, row with the state ``repairing``, request, row with the outcome. So whatever Canvas has is in
    a backup, and a row says where.

    :param saver: Saves texts.
    :param log: The table of changes.
    :param backups: The place for backups; ``None`` for a dry run.
    :param repair_blueprint_children: Whether content that comes from a blueprint, and is not locked, is changed.
    """

    saver: Saver
    log: RepairLog
    backups: BackupStore | None = None
    repair_blueprint_children: bool = False

    def repair(self, place: Place) -> Outcome:
        """Repair a place, or plan it, and return the outcome, which is recorded.

        :param place: The place with its links.
        """
        try:
            reading = self.saver.content.read(place)
        except errors.CanvasError as error:
            return self._record(place, place.links, of_error(error))
        skip = reason_to_skip(place, reading, repair_blueprint_children=self.repair_blueprint_children)
        if skip is not None:
            return self._record(place, place.links, Outcome(*skip))
        fixed = {link: why for link in place.links if (why := why_fixed(place, reading, link))}
        for link, why in fixed.items():
            self._record(place, [link], Outcome(RepairState.SKIPPED_UNSUPPORTED, why))
        place = replace(place, links=tuple(link for link in place.links if link not in fixed))
        texts, found = corrected_texts(reading.texts, place.links)
        gone = Outcome(RepairState.UNCHANGED, "The address is not there any more. Reconcile the course again.")
        if same_texts(texts, reading.texts, self.saver.hosts):
            if found:
                gone = Outcome(RepairState.UNCHANGED, "Canvas makes this address itself when it sends the text.")
            return self._record(place, place.links, gone)
        self._record(place, [link for link in place.links if link not in found], gone)
        if self.backups is None:
            detail = "The address would be changed." + dates_to_clear(reading)
            return self._record(place, found, Outcome(RepairState.PLANNED, detail))
        backup = Backup(
            canvas_instance=self.log.canvas_instance,
            run_id=self.log.run_id,
            place=replace(place, links=tuple(found)),
            before={field: without_verifiers(text) for field, text in reading.texts.items()},
            after={field: without_verifiers(text) for field, text in texts.items()},
            updated_at=reading.updated_at,
            dates=reading.dates,
        )
        uri = self.backups.write(backup)
        self.log.write(place, found, RepairState.REPAIRING, INTERRUPTED, uri)
        return self._record(place, found, self.saver.save(place, reading, texts), uri)

    def settle(self, backup: Backup) -> Outcome | None:
        """Record what became of a change whose run was interrupted; return ``None`` if that cannot be found out now.

        :param backup: The backup of the change.
        """
        place = backup.place
        try:
            reading = self.saver.content.read(place)
        except errors.CanvasError as error:
            outcome = of_error(error)
            if outcome.is_trouble:
                return None
        else:
            if same_texts(reading.texts, backup.after, self.saver.hosts):
                detail = "The address was changed by a run that was interrupted then."
                outcome = Outcome(RepairState.REPAIRED, detail + cleared_dates(backup.dates, reading.dates))
            elif same_texts(reading.texts, backup.before, self.saver.hosts):
                outcome = Outcome(RepairState.FAILED, INTERRUPTED)
            else:
                outcome = Outcome(
                    RepairState.SKIPPED_EDITED,
                    "The run was interrupted, and a user edited the text since. Whether the change came before is "
                    "not known.",
                )
        self.log.change_state(backup.run_id, place, outcome.state, outcome.detail)
        return outcome

    def _record(
        self, place: Place, links: tuple[Link, ...] | list[Link], outcome: Outcome, uri: str | None = None
    ) -> Outcome:
        self.log.write(place, links, outcome.state, outcome.detail, uri)
        return outcome
