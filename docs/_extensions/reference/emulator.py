"""The emulator: the options of its command, and the pytest fixtures."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from typing import Any

from canvas_emulator import testing
from canvas_emulator.options import command_parser

from reference.objects import describe, indent


def command_line() -> str:
    """Return the descriptions of all options of ``canvas-emulator``."""
    parser = command_parser()
    return "\n".join([f".. program:: {parser.prog}", "", f"{parser.description}", "", *_options(parser)])


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if not action.option_strings:
            continue
        value = "" if action.nargs == 0 else f" {formatter._format_args(action, _value_name(action))}"
        names = ", ".join(f"{name}{value}" for name in action.option_strings)
        text = (action.help or "") % {**vars(action), "prog": parser.prog}
        yield f".. option:: {names}\n\n{indent(f'{text[:1].upper()}{text[1:]}.')}\n"


def _value_name(action: argparse.Action) -> str:
    return action.metavar if isinstance(action.metavar, str) else action.dest.upper()


def fixtures() -> str:
    """Return the descriptions of the pytest fixtures, and of what they return."""
    found = {name: value for name, value in vars(testing).items() if not name.startswith("_") and _is_fixture(value)}
    described = [describe("fixture", name, name, _scope(value), _doc(value)) for name, value in found.items()]
    return "\n".join([*described, f".. autoclass:: {testing.__name__}.CanvasEmulator", "   :members:", ""])


def _is_fixture(value: Any) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition"


def _scope(fixture: Any) -> str:
    return f"{fixture._fixture_function_marker.scope} fixture"


def _doc(fixture: Any) -> str:
    return inspect.getdoc(fixture._get_wrapped_function()) or ""
