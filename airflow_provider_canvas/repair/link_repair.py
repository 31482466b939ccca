"""The repair of the stale links of many places, and the way back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.repair.backups import Backup, BackupStore, by_place
from airflow_provider_canvas.repair.content import Content
from airflow_provider_canvas.repair.lines import ChangeLine, line_of_row, lines_of_undo
from airflow_provider_canvas.repair.many_places import MAX_THREADS, for_each
from airflow_provider_canvas.repair.outcome import Outcome
from airflow_provider_canvas.repair.places import Place, Selection
from airflow_provider_canvas.repair.repair_log import RepairLog
from airflow_provider_canvas.repair.repair_place import PlaceRepair
from airflow_provider_canvas.repair.saving import Saver
from airflow_provider_canvas.repair.undo_place import PlaceUndo

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LinkRepair:
    """Repairs places, or takes repairs back.

    :param canvas: The client that reads.
    :param writer: The client that saves; it sends each request once.
    :param host: The host of the Canvas.
    :param log: The table of changes.
    :param backups: The place for backups; ``None`` if there is none, which only a dry run allows.
    :param dry_run: Whether nothing is changed in Canvas.
    :param repair_blueprint_children: Whether content that comes from a blueprint, and is not locked, is changed.
    :param threads: How many places are worked on at the same time.
    :param sleep: Waits.
    """

    canvas: Canvas[SyncIO]
    writer: Canvas[SyncIO]
    host: str
    log: RepairLog
    backups: BackupStore | None = None
    dry_run: bool = True
    repair_blueprint_children: bool = False
    threads: int = MAX_THREADS
    sleep: Callable[[float], None] = time.sleep

    def repair(self, places: Sequence[Place], selection: Selection) -> list[ChangeLine]:
        """Repair places, after what earlier runs were interrupted in, and return the changes of this run.

        :param places: The places.
        :param selection: The selection that they come from.
        :raises RepairStoppedError: When Canvas or the network failed at many places in a row.
        """
        backups = None if self.dry_run else self.backups
        repair = PlaceRepair(self._saver, self.log, backups, self.repair_blueprint_children)
        if backups is not None:
            store = backups

            def settle(uri: str) -> Outcome | None:
                try:
                    return repair.settle(self._of_this_canvas(store.read(uri)))
                except CanvasInputError as error:  # the backup was removed: its rows stay as they are
                    log.warning("%s", error)
                    return None

            for_each(self.log.interrupted(selection), settle, threads=self.threads)
        for_each(places, repair.repair, threads=self.threads)
        return [line_of_row(row) for row in self.log.rows(selection)]

    def undo(self, uris: Iterable[str], store: BackupStore) -> list[ChangeLine]:
        """Take back the changes in some backups, those of one place from the last to the first; return their outcomes.

        :param uris: Where the backups are.
        :param store: The place for backups.
        :raises RepairStoppedError: When Canvas or the network failed at many places in a row.
        :raises CanvasInputError: If a backup cannot be read; all others were taken back then.
        """
        undo, lock = PlaceUndo(self._saver, self.log, dry_run=self.dry_run), Lock()
        done: list[tuple[Backup, Outcome]] = []
        unreadable: list[CanvasInputError] = []

        def work(group: list[str]) -> Outcome | None:
            backups = []
            for uri in group:
                try:
                    backups.append(self._of_this_canvas(store.read(uri)))
                except CanvasInputError as error:
                    with lock:
                        unreadable.append(error)
            outcomes = undo.undo(sorted(backups, key=lambda backup: backup.read_at, reverse=True))
            with lock:
                done.extend(outcomes)
            return outcomes[-1][1] if outcomes else None

        for_each(by_place(uris), work, threads=self.threads)
        if unreadable:
            raise unreadable[0]
        return sorted(line for backup, outcome in done for line in lines_of_undo(backup, outcome))

    def _of_this_canvas(self, backup: Backup) -> Backup:
        """Return a backup of this Canvas.

        :raises CanvasInputError: If it is of another one, in which the same ids mean other content.
        """
        if backup.canvas_instance != self.host:
            raise CanvasInputError(
                f"The backup of {backup.place} was made on {backup.canvas_instance}, and the connection is to "
                f"{self.host}: use the connection of that Canvas."
            )
        return backup

    @property
    def _saver(self) -> Saver:
        return Saver(Content(self.canvas, self.writer), (self.host,), self.sleep)
