"""Write the table of ``docs/which_canvas.md``: in which settings the editions of the emulator differ."""

from __future__ import annotations

import re
import sys
from pathlib import Path

TOP = Path(__file__).parents[1]
sys.path[:0] = [str(TOP / "emulator")]

from canvas_emulator.model.editions import DIFFERENCES  # noqa: E402  after the path is set
from canvas_emulator.model.settings import Settings  # noqa: E402

PAGE = TOP / "docs" / "which_canvas.md"
HEAD = "| Setting | `2023-06` | `current` | Meaning | Source |\n|---|---|---|---|---|\n"


def description(setting: str) -> str:
    """Return what the docstring of the settings says of one of them, on one line."""
    match = re.search(rf":param {setting}: (.*?)(?=\n    :param |\n    \Z|\Z)", Settings.__doc__ or "", re.DOTALL)
    if match is None:
        raise LookupError(f"the docstring of Settings does not describe {setting}")
    return " ".join(match[1].split()).replace("``", "`")


def table() -> str:
    """Return the table, in the order of the settings' names."""
    return HEAD + "".join(
        f"| `{each.setting}` | {_value(each.june_2023)} | {_value(each.current)} | {description(each.setting)} "
        f"| {each.source} |\n"
        for each in sorted(DIFFERENCES, key=lambda each: each.setting)
    )


def with_table(page: str) -> str:
    """Return the page with the table of today."""
    before, _, rest = page.partition(HEAD)
    after = rest[rest.index("\n\n") + 1 :]
    return before + table() + after


def _value(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
