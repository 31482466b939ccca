"""What the scripts show: lines that stay, each with the time, and below them what is being waited for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

PLAIN_WIDTH = 120
"""Columns where nobody tells how wide the output is: a pipe, a log of CI."""


class Display:
    """
    The terminal. Where there is none, only the lines appear, one when something changes.

    Text is shown as it is: square brackets have no meaning.
    """

    def __init__(self) -> None:
        self.console = Console(highlight=False, markup=False, emoji=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH)
        self._began = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._waiting = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str, style: str | None = None) -> None:
        """Add a line, with the seconds since the beginning."""
        self.console.print(f"{self.elapsed:6.1f} s  {text}", style=style, soft_wrap=True)

    def begin(self, what: str) -> None:
        """Add a line that says what is begun, and show it as waited for."""
        self.say(what)
        self.wait_for(what)

    def wait_for(self, what: str, percentage: float | None = None) -> None:
        """Show below the lines what is being waited for, and how far it is."""
        total = None if percentage is None else 100.0
        self._progress.update(self._waiting, description=what, total=total, completed=percentage or 0.0)

    def heading(self, text: str) -> None:
        """Add an empty line and a title."""
        self.console.print(f"\n{text}", style="bold")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Add pairs of a name and what there is to say, below each other."""
        facts = list(facts)
        width = max((len(name) for name, _ in facts), default=0)
        for name, value in facts:
            self.console.print(f"  {name:{width}}  {value}", soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
        """Add a table; whole columns of numbers are aligned to the right."""
        rows = list(rows)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=True, header_style="bold")
        for index, column in enumerate(columns):
            numbers = bool(rows) and all(isinstance(row[index], int) for row in rows)
            table.add_column(column, justify="right" if numbers else "left", no_wrap=numbers)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table)
