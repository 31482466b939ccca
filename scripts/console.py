"""Print the progress of a script: lines with the time, and below them a status line that changes."""

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
"""The width in columns if the output is not a terminal, such as a pipe or a CI log."""


class Display:
    """A terminal, or a plain text output without a status line.

    Text is printed unchanged: square brackets have no meaning.
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
        """The seconds since the start."""
        return time.monotonic() - self._began

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line with the seconds since the start.

        :param text: The line.
        :param style: A style of rich; by default none.
        """
        self.console.print(f"{self.elapsed:6.1f} s  {text}", style=style, soft_wrap=True)

    def begin(self, step: str) -> None:
        """Print a line, and show it as the status, too.

        :param step: The step that begins.
        """
        self.say(step)
        self.wait_for(step)

    def wait_for(self, status: str, percentage: float | None = None) -> None:
        """Change the status line.

        :param status: What the script is waiting for.
        :param percentage: The progress from 0 to 100, if it is known.
        """
        total = None if percentage is None else 100.0
        self._progress.update(self._waiting, description=status, total=total, completed=percentage or 0.0)

    def heading(self, text: str) -> None:
        """Print an empty line and a heading.

        :param text: The heading.
        """
        self.console.print(f"\n{text}", style="bold")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Print pairs of a name and a value in two columns.

        :param facts: The pairs.
        """
        facts = list(facts)
        width = max((len(name) for name, _ in facts), default=0)
        for name, value in facts:
            self.console.print(f"  {name:{width}}  {value}", soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
        """Print a table, with columns of integers aligned to the right.

        :param columns: The headings.
        :param rows: The rows, each with a cell for each column.
        """
        rows = list(rows)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=True, header_style="bold")
        for index, column in enumerate(columns):
            numbers = bool(rows) and all(isinstance(row[index], int) for row in rows)
            table.add_column(column, justify="right" if numbers else "left", no_wrap=numbers)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table)
