"""What the command ``canvas-emulator`` does: it serves a world on this machine until it is stopped."""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from canvas_emulator.http_server import listen, url_of
from canvas_emulator.model.clock import ManualClock, RealClock
from canvas_emulator.model.editions import Edition, default_edition
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.options import MAX_PORT, TOKEN_VARIABLE, command_parser
from canvas_emulator.seeds.demo import MASTER_ID, SECTION_IDS, demo_world
from canvas_emulator.seeds.term import term_world
from canvas_emulator.seeds.term_subjects import SHELLS
from canvas_emulator.server import serve_until_stopped

WORLDS: Mapping[str, Callable[..., World]] = {"demo": demo_world, "term": term_world}


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit status.

    :param arguments: The arguments; by default those of the process.
    """
    parser = command_parser()
    options = parser.parse_args(arguments)
    if options.courses != "term" and (options.sections is not None or options.situations):
        parser.error("--sections and --situations need --courses term")
    try:
        edition = Edition(options.edition) if options.edition else default_edition()
    except ValueError as error:
        parser.error(str(error))
    of_term = {"sections": options.sections or SHELLS, "situations": options.situations}
    world = WORLDS[options.courses](
        clock=ManualClock() if options.clock == "manual" else RealClock(options.speed),
        settings=Settings(edition=edition, lanes=options.lanes[0], lane_widths=options.lanes[1]),
        copy_seconds=options.copy_seconds,
        token=options.token,
        seed=options.seed,
        **(of_term if options.courses == "term" else {}),
    )
    try:
        listener = listen(options.port)
    except OSError as error:
        sys.stderr.write(f"canvas-emulator: {_why_not_listening(options.port, error)}\n")
        return 1
    with listener:
        serve_until_stopped(world, listener, lambda: _announce(url_of(listener), options.token))
    return 0


def _announce(url: str, token: str) -> None:
    """Print the address, the token and a connection to paste. A token of the environment stays out of the output."""
    fields = {"conn_type": "canvas", "host": url, "password": token}
    if token == os.environ.get(TOKEN_VARIABLE):  # the output may be a file that others read
        shown = f"that of {TOKEN_VARIABLE}"
        quoted = shlex.quote(json.dumps({**fields, "password": "$"}))
        connection = quoted.replace("$", f"'\"${TOKEN_VARIABLE}\"'")
    else:
        shown, connection = token, shlex.quote(json.dumps(fields))
    sys.stdout.write(
        f"Canvas emulator: {url}\n"
        f"token: {shown}\n"
        "\n"
        "A connection for Airflow, to be pasted into its shell:\n"
        "\n"
        f"  export AIRFLOW_CONN_CANVAS_DEFAULT={connection}\n"
        "\n"
        f"Copy the course {MASTER_ID} (sis_course_id:TMPL-BIOL1010) into the course {SECTION_IDS['BIOL-1010-001']} "
        "(sis_course_id:BIOL-1010-001).\n"
        "Press Ctrl-C to stop. Everything in this Canvas is then forgotten.\n"
    )
    sys.stdout.flush()


def _why_not_listening(port: int, error: OSError) -> str:
    """Return why the command cannot listen on a port, and what to do."""
    other = port + 1 if port < MAX_PORT else 3000
    instead = f"Choose another port, for example --port {other}, or any free one: --port 0"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program, perhaps by another canvas-emulator. Stop it. {instead}"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used without the rights of an administrator. {instead}"
    return f"port {port} cannot be used: {error.strerror}. {instead}"
