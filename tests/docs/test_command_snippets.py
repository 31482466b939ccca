"""The commands, connections and JSON documents of the documentation are what the real programs accept."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import tomllib
from collections.abc import Iterator

import certifi
import pytest
import requests
from canvas_emulator.options import command_parser
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.hooks.canvas import CanvasHook
from tests.support.snippets import ROOT, Block, blocks

EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])
SHELL = blocks("bash", "console", "shell", "sh")
VARIABLE = re.compile(r"^(?P<export>export )?(?P<name>AIRFLOW_CONN_\w+)=(?P<value>.*)$", re.DOTALL)


def commands(block: Block) -> list[str]:
    """Return the commands of a block, each with the lines that continue it and without what it prints."""
    if block.language == "console":
        parts = re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]
        return [_whole(part) for part in parts]
    found: list[str] = []
    for line in block.code.splitlines():
        if found and (found[-1].endswith("\\") or not _complete(found[-1])):
            found[-1] = f"{found[-1]}\n{line}"
        elif line.strip() and not line.startswith("#"):
            found.append(line)
    return found


def _whole(text: str) -> str:
    """Return the first command of a text: as many lines as its quotes and backslashes need."""
    lines = text.splitlines()
    for count in range(1, len(lines) + 1):
        command = "\n".join(lines[:count])
        if not command.endswith("\\") and _complete(command):
            return command
    return text


def _complete(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:  # a quotation mark is open
        return False
    return True


def words(command: str) -> list[str]:
    """Return the words of a command, as a shell reads them."""
    return shlex.split(command.replace("\\\n", " "), comments=True)


COMMANDS = [(block, n, command) for block in SHELL for n, command in enumerate(commands(block))]
CASES = [pytest.param(block, command, id=f"{block}-{n}") for block, n, command in COMMANDS]


def extras(requirement: str) -> list[str]:
    """Return the extras of this package that an argument of ``pip install`` names."""
    found = re.fullmatch(r".*airflow[-_]provider[-_]canvas.*?\[([\w,]+)\].*", requirement, re.DOTALL)
    return found[1].split(",") if found else []


def simple_commands(command: str) -> Iterator[list[str]]:
    """Yield the commands that a line runs one after another or in a pipe, without variables before them."""
    current: list[str] = []
    for word in [*words(command), ";"]:
        if word in {"&&", "|", ";", "||", "&"}:
            if current:
                yield current
            current = []
        elif current or not re.match(r"\w+=", word):
            current.append(word)


@pytest.mark.parametrize(("block", "command"), CASES)
def test_the_command_is_accepted(block: Block, command: str) -> None:
    """The program exists, and its own parser accepts the arguments."""
    for program, *arguments in simple_commands(command):
        if program in {"canvas-emulator", "bin/canvas-emulator"}:
            command_parser().parse_args(arguments)
        elif program == "airflow":
            from airflow.cli.cli_parser import get_parser

            get_parser().parse_args(arguments)
        elif program.endswith("pip"):
            assert {extra for word in arguments for extra in extras(word)} <= EXTRAS
        elif program == "make":
            targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert {each for each in arguments if "=" not in each} <= set(targets)
        elif program.endswith("python"):
            assert [each for each in arguments if each.endswith(".py") and not (ROOT / each).is_file()] == []


LOCAL = "http://127.0.0.1:3000"
TO_THE_EMULATOR = [
    pytest.param(command, id=f"{block}-{n}")
    for block, n, command in COMMANDS
    if command.startswith("curl ") and LOCAL in command
]


@pytest.mark.parametrize("command", TO_THE_EMULATOR)
def test_the_emulator_does_what_the_request_asks(command: str, emulator_server: EmulatorServer) -> None:
    """The emulator accepts a request of curl, in the world that it starts with."""
    emulator_server.show(demo_world())
    parser = argparse.ArgumentParser()
    parser.add_argument("-d", dest="data")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("url")
    (arguments,) = simple_commands(command)
    request = parser.parse_args(arguments[1:])
    response = requests.request(
        "POST" if request.data else "GET",
        request.url.replace(LOCAL, emulator_server.url),
        data=request.data,
        headers=dict(header.split(": ", 1) for header in request.headers),
        timeout=10,
    )
    assert response.ok, response.text


CONNECTIONS = [
    pytest.param(block, found, id=f"{block}-{n}")
    for block, n, command in COMMANDS
    if (found := VARIABLE.match(command))
]


@pytest.mark.parametrize(("block", "found"), CONNECTIONS)
def test_the_connection_is_accepted(block: Block, found: re.Match[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is exported, Airflow reads it as a connection, and the hook accepts its fields."""
    assert found["export"], f"write: export {found['name']}=..."
    (value,) = words(found["value"])
    value = re.sub(r'(?<="ca_bundle": ")[^"]+', certifi.where(), value)  # a file that a reader has
    monkeypatch.setenv(found["name"], value)
    connection_id = found["name"].removeprefix("AIRFLOW_CONN_").lower()
    hook = CanvasHook(connection_id)
    connection = hook.get_connection(connection_id)
    assert connection.conn_type
    if connection.conn_type == "canvas":
        assert hook.settings.base_url


@pytest.mark.parametrize("block", blocks("json", "jsonl"), ids=str)
def test_the_json_is_valid(block: Block) -> None:
    """The document is JSON."""
    for document in [block.code] if block.language == "json" else block.code.splitlines():
        json.loads(document)
