"""The command ``canvas-emulator``.

Without the packages that the emulator needs, it prints its version and its help, and otherwise says what to install.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from canvas_emulator import __version__
from canvas_emulator.options import command_parser

MODULES = {
    "graphql": "graphql-core",
    "lxml": "lxml",
    "nh3": "nh3",
    "python_multipart": "python-multipart",
    "starlette": "starlette",
    "tzdata": "tzdata",
    "uvicorn": "uvicorn",
}
"""The modules of other distributions that the emulator imports, and the distributions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit status.

    :param arguments: The arguments; by default those of the process.
    """
    command_parser().parse_args(arguments)  # a wrong option, --version and --help end the process here
    if missing := [distribution for module, distribution in MODULES.items() if find_spec(module) is None]:
        sys.stderr.write(
            f"canvas-emulator {__version__} cannot start: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Install what the emulator needs:\n\n"
            f"  {sys.executable} -m pip install canvas-emulator\n"
        )
        return 1
    from canvas_emulator.command import run  # noqa: PLC0415  it imports these modules

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
