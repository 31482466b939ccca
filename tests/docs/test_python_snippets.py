"""Each Python block of the documentation runs as a reader pastes it, alone, and does what its page says.

A block runs in a new folder, against a new world of the emulator, with the connections that the pages tell a reader to
make. No name that a block uses comes from here: ``tests/docs/promises.py`` only prepares Canvas, the database and files
where a page says that they are there, and checks what became of them.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest

if version("apache-airflow") < "3.3":
    pytest.skip(
        "the snippets are run with the newest Airflow: dag.test() of older ones differs", allow_module_level=True
    )

from canvas_emulator.model.clock import RealClock
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer

from tests.docs.promises import NO_PROMISE, PROMISES
from tests.docs.stage import Stage
from tests.support.message_sinks import chat, mail_server
from tests.support.public_classes import public_classes
from tests.support.reader import set_up
from tests.support.s3 import S3, s3_server
from tests.support.snippets import Block, blocks, files_of

PYTHON = blocks("python")


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPoolExecutor]:
    """Start the process of the reader. All blocks of this process of tests run in it, one after another."""
    home = str(tmp_path_factory.mktemp("airflow"))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), set_up, (home,)) as pool:
        yield pool


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """Serve the object storage of the connection ``aws_default``."""
    with s3_server() as served:
        yield served


@pytest.fixture(scope="session")
def connections() -> Iterator[dict[str, str]]:
    """Serve the mail server and the chat to which snippets send messages."""
    with mail_server() as mail, chat() as webhook:
        yield {"AIRFLOW_CONN_SMTP_DEFAULT": mail.connection, "AIRFLOW_CONN_CHAT": webhook.connection}


@pytest.fixture
def stage(
    emulator_server: EmulatorServer, reader: ProcessPoolExecutor, connections: dict[str, str], tmp_path: Path
) -> Stage:
    """Show a new world, whose clock runs an hour per second."""
    world = demo_world(clock=RealClock(speed=3600))
    emulator_server.show(world)
    return Stage(world, emulator_server, tmp_path, reader, connections)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_the_block_runs(block: Block, stage: Stage, request: pytest.FixtureRequest) -> None:
    """The block runs without an error; each task of its DAGs ends in success."""
    for name, text in files_of(block.page).items():
        stage.write(name, text)
    if "s3://" in block.code:
        stage.s3 = request.getfixturevalue("s3")
        stage.s3.reset()
        for bucket in set(re.findall(r"s3://(?:\w+@)?([\w-]+)", block.code)):
            stage.s3.client.create_bucket(Bucket=bucket)
    path = stage.write(block.file or ("test_snippet.py" if block.kind == "tests" else "snippet.py"), block.code)
    promises = [PROMISES.get(name, NO_PROMISE) for name in block.names]
    for promise in promises:
        promise.prepare(stage)
    stage.run_file(path, block.kind)
    for promise in promises:
        promise.check(stage)


def test_each_promise_belongs_to_a_block() -> None:
    """Each promise is filed under a block that exists."""
    assert set(PROMISES) - {name for block in PYTHON for name in block.names} == set()


@pytest.mark.parametrize(("name", "module"), sorted(public_classes().items()))
def test_each_public_class_is_shown_with_its_import(name: str, module: str) -> None:
    """A block of a page imports the class from its module."""
    assert any((module, name) in block.imports for block in PYTHON), f"show: from {module} import {name}"


def test_every_import_is_the_documented_one() -> None:
    """No block imports a public class from another module than the one that the reference names."""
    public = public_classes()
    wrong = {
        f"{block}: from {module} import {name}"
        for block in PYTHON
        for module, name in block.imports
        if module.startswith("airflow_provider_canvas") and public.get(name, module) != module
    }
    assert wrong == set()
