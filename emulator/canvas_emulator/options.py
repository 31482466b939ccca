"""The options of the command ``canvas-emulator``. They can be shown without the packages that the emulator needs."""

from __future__ import annotations

import argparse
import os
import re

from canvas_emulator import __version__
from canvas_emulator.machines.lanes import LaneKind
from canvas_emulator.model.editions import VARIABLE, Edition
from canvas_emulator.seeds.demo import DEMO_TOKEN, MASTER_ID
from canvas_emulator.seeds.term_subjects import SHELLS

TOKEN_VARIABLE = "CANVAS_EMULATOR_TOKEN"  # noqa: S105  # a name

COURSES = ("demo", "term")
"""The worlds to start with."""

MAX_PORT = 65_535
MAX_SECONDS = 1_000_000
"""The limit of ``--speed`` and ``--copy-seconds``; far beyond it, a clock would leave the calendar."""

DESCRIPTION = """\
Serve a local Canvas LMS on 127.0.0.1 until Ctrl-C: its REST API, over courses
in memory, for programs that are tried or tested without a real Canvas.

It prints its address, its access token and a connection for Airflow. Open the
address in a browser to see courses, migrations and requests as they come."""

EXAMPLES = f"""\
examples:
  canvas-emulator                 the demo, on http://127.0.0.1:3000
  canvas-emulator --speed 60      a minute of Canvas's time passes in a second
  canvas-emulator --courses term  a term: 12 templates and {SHELLS} empty courses
  canvas-emulator --port 0        on any free port

Copy the course {MASTER_ID} (sis_course_id:TMPL-BIOL1010) into the course 2001
(sis_course_id:BIOL-1010-001): both are in the demo and in a term.
More: https://pypi.org/project/canvas-emulator/"""


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="canvas-emulator",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"canvas-emulator {__version__}")
    parser.add_argument("--port", type=_port, default=3000, help="the port; 0 means any free port (default: 3000)")
    parser.add_argument(
        "--token",
        type=_token,
        default=os.environ.get(TOKEN_VARIABLE) or DEMO_TOKEN,
        help=f"the access token of an administrator; other users of this machine see it among the processes, but not "
        f"the environment variable {TOKEN_VARIABLE} (default: {DEMO_TOKEN})",
    )
    _add_courses(parser.add_argument_group("courses"))
    _add_time(parser.add_argument_group("time"))
    _add_canvas(parser.add_argument_group("which Canvas"))
    return parser


def _add_courses(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--courses",
        choices=COURSES,
        default="demo",
        help="the courses to start with: demo has a master course and six sections with planted defects, term has "
        "twelve templates and empty courses with teachers and students (default: demo)",
    )
    group.add_argument(
        "--sections",
        type=_count,
        metavar="N",
        help=f"with --courses term: how many empty courses the term has, for example 5000 (default: {SHELLS})",
    )
    group.add_argument(
        "--situations",
        action="store_true",
        help="with --courses term: add a section in each situation that a plan of copies must recognize",
    )
    group.add_argument("--seed", type=int, default=1, help="seed of faults with a probability (default: 1)")


def _add_time(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--speed", type=_positive, default=1.0, help="emulated seconds per real second (default: 1)")
    group.add_argument(
        "--clock",
        choices=["manual", "real"],
        default="real",
        help="manual: time stands still until POST /_emulator/clock advances it (default: real)",
    )
    group.add_argument(
        "--copy-seconds", type=_positive, default=25.0, help="seconds that a course copy takes (default: 25)"
    )


def _add_canvas(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--edition",
        choices=list(Edition),
        help="2023-06: the open source release of June 2023 on a server of one's own; current: today's cloud "
        f"(default: that of the environment variable {VARIABLE}, else current)",
    )
    group.add_argument(
        "--lanes",
        type=_lanes,
        default=(0, {}),
        metavar="WIDTHS",
        help="how many jobs run at the same time in each lane; 0 means any number (default: 0). By kind of lane: "
        f"1,api=8 is 8 for migrations that requests started, and 1 for all others; the kinds are {', '.join(LaneKind)}",
    )


def _lanes(text: str) -> tuple[int, dict[str, float]]:
    """Read the width of all lanes, and those of single kinds."""
    widths: dict[str, float] = {}
    of_all = 0
    for part in text.split(","):
        kind, is_single, width = part.rpartition("=")
        if not width.isdecimal() or (is_single and kind not in list(LaneKind)):
            raise argparse.ArgumentTypeError(
                f"must be a number, or numbers as in 1,api=8 with the kinds {', '.join(LaneKind)}, not {text!r}"
            )
        if is_single:
            widths[kind] = int(width)
        else:
            of_all = int(width)
    return of_all, widths


def _port(text: str) -> int:
    if not text.isdecimal() or (number := int(text)) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {MAX_PORT}, not {text!r}")
    return number


def _token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text):
        raise argparse.ArgumentTypeError(
            "must have letters, digits and the characters . _ ~ + / - only, since it is sent in a header"
        )
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, not {text!r}")
    return number


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"must be a number above 0, and at most {MAX_SECONDS}, not {text!r}")
    return number
