"""Take the pictures of the documentation, in a real Airflow and a real browser; this is ``make pictures``.

Canvas is the local emulator. The pictures are written to ``docs/images``, with ``pictures.json``, by which a test finds
pictures that are older than what they show. It needs Chromium: ``apt-get install chromium``.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from console import Display
from demo_run import run_in_stack
from local_stack import REPOSITORY, LocalStack
from picture_digests import IMAGES, write_digests
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from airflow_provider_canvas.links.course_imports import CanvasCourseImportsLink

FOLDER = REPOSITORY / ".demo" / "pictures"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

WIDTH, HEIGHT = 1280, 800

COLOURS = 128

MAX_BYTES = 200_000

COPY, RECONCILE, TERM = "canvas_course_copy", "canvas_asset_reconciliation", "canvas_term_rollover"

SCHOOL = {"conn_type": "canvas", "host": "https://school.instructure.com", "password": "hidden"}

COPY_SECONDS = 40.0

RUN_TIMEOUT = 300


class PictureError(Exception):
    """Raised if a picture cannot be taken."""


def main() -> int:
    """Take all pictures, and return the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    return run_in_stack(FOLDER, take_pictures, copy_seconds=COPY_SECONDS)


def take_pictures(display: Display, stack: LocalStack) -> None:
    """Take all pictures, and write their digests.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    """
    for dag_id in (COPY, RECONCILE, TERM):
        stack.airflow.api.wait_for_dag(dag_id)
    stack.airflow.api.create_connection("canvas_school", SCHOOL)
    with browser() as chromium:
        camera = Camera(chromium, display)
        take_forms(camera, stack)
        take_copy(camera, stack)
        take_term(camera, stack)
        camera.take("emulator.png", stack.canvas.url)
    write_digests()


def do_nothing(page: Page) -> None:
    """Leave a page as it is.

    :param page: The page.
    """


class Camera:
    """Takes pictures of pages, all with the same size, language and light colours.

    :param chromium: The browser.
    :param display: Where to print.
    """

    def __init__(self, chromium: Browser, display: Display) -> None:
        self._chromium = chromium
        self._display = display

    def take(self, name: str, url: str, prepare: Callable[[Page], object] = do_nothing, height: int = HEIGHT) -> None:
        """Open a page, and write a picture of it.

        :param name: The file name of the picture.
        :param url: The address of the page.
        :param prepare: Brings the page into the state that the picture shows.
        :param height: The height of the picture in pixels.
        :raises PictureError: If the picture is too large for a page of documentation.
        """
        self._display.wait_for(name)
        page = self._chromium.new_page(
            viewport={"width": WIDTH, "height": height},
            color_scheme="light",
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        page.goto(url)
        page.wait_for_load_state("networkidle")
        prepare(page)
        page.wait_for_timeout(1000)  # fonts, and what a page fades in
        picture = Image.open(BytesIO(page.screenshot(animations="disabled")))
        page.close()
        path = IMAGES / name
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size > MAX_BYTES:
            raise PictureError(f"{path} has {path.stat().st_size:,} bytes, and {MAX_BYTES:,} are allowed.")
        self._display.say(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size:,} bytes")


def take_forms(camera: Camera, stack: LocalStack) -> None:
    """Take the connection form, and the form that triggers the copy of a course.

    :param camera: Takes the pictures.
    :param stack: The running Airflow and Canvas.
    """

    def open_connection(page: Page) -> None:
        row = page.get_by_role("row").filter(has_text="canvas_school")
        row.get_by_role("button", name="Edit Connection").click()
        page.get_by_text("Extra Fields", exact=True).wait_for()

    camera.take("connection_form.png", f"{stack.airflow.url}/connections", open_connection, height=930)

    def open_form(page: Page) -> None:
        page.get_by_role("button", name="Trigger").first.click()
        page.get_by_text("Run Parameters").first.wait_for()

    camera.take("trigger_form.png", f"{stack.airflow.url}/dags/{COPY}", open_form, height=1000)


def take_copy(camera: Camera, stack: LocalStack) -> None:
    """Copy a course; take the waiting task, its log, the asset's events and the report.

    :param camera: Takes the pictures.
    :param stack: The running Airflow and Canvas.
    """
    api = stack.airflow.api
    run_id = api.trigger(COPY)
    task = f"{stack.airflow.url}/dags/{COPY}/runs/{run_id}/tasks/copy_course"
    api.wait_for_task(COPY, run_id, "copy_course", "deferred")
    link = CanvasCourseImportsLink.name
    camera.take("waiting_task.png", f"{task}/details", lambda page: page.get_by_text(link).first.wait_for())
    api.wait_for_run(COPY, run_id, timeout=RUN_TIMEOUT)

    def show_own_lines(page: Page) -> None:
        page.get_by_text("is complete after").first.wait_for()
        page.get_by_role("combobox").filter(has_text="All Sources").click()
        page.get_by_role("option").filter(has_text="CanvasCourseCopyOperator").first.click()
        page.keyboard.press("Escape")
        page.keyboard.press("w")  # wraps the lines

    camera.take("task_log.png", task, show_own_lines)
    reconciled = api.wait_for_new_run(RECONCILE)
    api.wait_for_run(RECONCILE, reconciled, timeout=RUN_TIMEOUT)
    (asset,) = [
        each
        for each in api.send("GET", "/assets", only_active="false")["assets"]
        if re.search(r"/courses/\d+$", each["uri"])
    ]

    def wait_for_events(page: Page) -> None:
        page.get_by_text("canvas_course_copies").first.wait_for()
        page.get_by_text("Triggered Dag Run").first.wait_for()

    camera.take("asset_events.png", f"{stack.airflow.url}/assets/{asset['id']}", wait_for_events)
    (course_report,) = (FOLDER / "reports").glob("*.html")
    camera.take("report.png", course_report.as_uri(), height=1000)


def take_term(camera: Camera, stack: LocalStack) -> None:
    """Copy and reconcile the sections of a term; take the reports of the batch and of the term.

    :param camera: Takes the pictures.
    :param stack: The running Airflow and Canvas.
    """
    copies = FOLDER / "summer_2026.csv"
    with copies.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["source", "destination"])
        for number in range(1, 8):  # there is no seventh section: the plan refuses it
            rows.writerow(["sis_course_id:TMPL-BIOL1010", f"sis_course_id:BIOL-1010-{number:03}"])
    api = stack.airflow.api
    run_id = api.trigger(TERM, {"batch": "summer-2026", "copies": str(copies), "approval": False})
    api.wait_for_run(TERM, run_id, timeout=RUN_TIMEOUT)
    batch, term = (api.xcom(TERM, run_id, task_id)["report_uri"] for task_id in ("copy", "reconcile"))
    camera.take("batch_report.png", Path(batch).as_uri(), height=1000)
    camera.take("term_report.png", Path(term).as_uri(), height=1000)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser without a window.

    :raises PictureError: If Chromium is not installed.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise PictureError(f"None of {', '.join(BROWSERS)} is in PATH: install Chromium (apt-get install chromium).")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
        yield chromium
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
