"""The command ``canvas-emulator``: serves a world on this machine until it is stopped."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from canvas_emulator.http_server import listen, url_of
from canvas_emulator.machines.lanes import LaneKind
from canvas_emulator.model.clock import ManualClock, RealClock
from canvas_emulator.model.editions import Edition, default_edition
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import DEMO_TOKEN, demo_world
from canvas_emulator.seeds.term import SHELLS, term_world
from canvas_emulator.server import serve_until_stopped

TOKEN_VARIABLE = "CANVAS_EMULATOR_TOKEN"  # noqa: S105  # a name

WORLDS: Mapping[str, Callable[..., World]] = {"demo": demo_world, "term": term_world}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: Of the command line; the process's own by default.
    :return: The exit status.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.courses != "term" and (options.sections is not None or options.situations):
        parser.error("--sections and --situations need --courses term")
    of_term = {"sections": options.sections or SHELLS, "situations": options.situations}
    world = WORLDS[options.courses](
        clock=ManualClock() if options.clock == "manual" else RealClock(options.speed),
        settings=Settings(edition=Edition(options.edition), lanes=options.lanes[0], lane_widths=options.lanes[1]),
        copy_seconds=options.copy_seconds,
        token=options.token,
        seed=options.seed,
        **(of_term if options.courses == "term" else {}),
    )
    try:
        listener = listen(options.port)
    except OSError as error:
        sys.stderr.write(f"canvas-emulator: port {options.port}: {error.strerror}; try --port 0\n")
        return 1

    def announce() -> None:
        secret = options.token == os.environ.get(TOKEN_VARIABLE)  # the output may be a file that others read
        token = f"that of {TOKEN_VARIABLE}" if secret else options.token
        sys.stdout.write(f"Canvas emulator: {url_of(listener)}\ntoken: {token}\n")
        sys.stdout.flush()

    with listener:
        serve_until_stopped(world, listener, announce)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="canvas-emulator", description="Serve a local Canvas for tests on 127.0.0.1, until Ctrl-C."
    )
    parser.add_argument("--port", type=int, default=3000, help="the port; 0 means any free port (default: 3000)")
    parser.add_argument(
        "--courses", choices=sorted(WORLDS), default="demo", help="the courses to start with (default: demo)"
    )
    parser.add_argument(
        "--sections",
        type=_count,
        metavar="N",
        help=f"with --courses term: how many empty courses the term has, for example 5000 (default: {SHELLS})",
    )
    parser.add_argument(
        "--situations",
        action="store_true",
        help="with --courses term: add a section in each situation that a plan of copies must recognize",
    )
    parser.add_argument(
        "--edition",
        choices=list(Edition),
        default=default_edition(),
        help="which Canvas: that of June 2023 on a server of one's own, or today's cloud (default: current)",
    )
    parser.add_argument("--speed", type=_positive, default=1.0, help="emulated seconds per real second (default: 1)")
    parser.add_argument(
        "--clock",
        choices=["manual", "real"],
        default="real",
        help="manual: time stands still until a request moves it",
    )
    parser.add_argument(
        "--lanes",
        type=_lanes,
        default=(0, {}),
        metavar="WIDTHS",
        help="how many jobs run at the same time in each lane; 0 means any number (default: 0). By kind of lane: "
        f"1,api=8 is 8 for migrations that requests started, and 1 for all others; the kinds are {', '.join(LaneKind)}",
    )
    parser.add_argument(
        "--copy-seconds", type=_positive, default=25.0, help="seconds that a course copy takes (default: 25)"
    )
    parser.add_argument(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE, DEMO_TOKEN),
        help=f"the access token of an administrator; other users of this machine see it among the processes, but not "
        f"the environment variable {TOKEN_VARIABLE}",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of faults with a probability (default: 1)")
    return parser


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


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def _positive(text: str) -> float:
    if (number := float(text)) <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
