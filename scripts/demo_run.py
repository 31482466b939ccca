"""What the demos share: a run in a local Airflow and Canvas, with plain words for what can go wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_api import AirflowApiError, WaitError
from console import Display
from local_airflow import StartError
from local_canvas import CanvasStartError
from local_stack import LocalStack, start_stack


def run_in_stack(folder: Path, demo: Callable[[Display, LocalStack], None], **options: Any) -> int:
    """Start a Canvas and an Airflow, run a demo in them, stop both, and return the exit code.

    :param folder: The folder for all files.
    :param demo: The demo.
    :param options: More arguments of ``start_stack``.
    """
    display = Display()
    try:
        with display, start_stack(folder, report=display.begin, **options) as stack:
            display.say(f"Airflow is at {stack.airflow.url}, Canvas at {stack.canvas.url}")
            demo(display, stack)
    except KeyboardInterrupt:
        print("Stopped. No process is left.", file=sys.stderr)
        return 130
    except (StartError, CanvasStartError, WaitError, AirflowApiError) as error:
        print(f"\n{error}\nAll logs are in {folder}.", file=sys.stderr)
        return 1
    display.say("everything is stopped")
    return 0


def relative(path: Path) -> str:
    """Return a path relative to the working directory.

    :param path: The path.
    """
    return os.path.relpath(path)
