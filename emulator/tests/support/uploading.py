"""The client's side of an upload: its three steps, as Canvas documents them."""

from __future__ import annotations

from typing import Any

import requests

from canvas_emulator.model.content import File, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import Group, User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, READER, WRITER
from tests.support.caller import Caller

GROUP = 5
GROUP_MEMBER, GROUP_MEMBER_TOKEN, NO_MEMBER_TOKEN = 2, WRITER, READER


def add_group(world: World) -> Group:
    """Add a group to the destination, of which the teacher is a member."""
    world.tables.groups[GROUP] = Group(GROUP, "Lab 1", DESTINATION, frozenset({GROUP_MEMBER}), sis_group_id="G/5")
    return world.tables.groups[GROUP]


def add_file(world: World, title: str = "notes.txt", data: bytes = b"0123456789", **changes: Any) -> File:
    """Add a file with bytes to the destination."""
    values: dict[str, Any] = {"course_id": DESTINATION, "title": title, "data": data, "size": len(data)} | changes
    return world.add(File(content_type="text/plain", **values))


def send(target: dict[str, Any], data: bytes, **options: Any) -> requests.Response:
    """Do the second step: all parameters in their order, then the file, without token and redirect."""
    fields: list[tuple[str, Any]] = [(name, (None, value)) for name, value in target["upload_params"].items()]
    if target["file_param"] is not None:
        fields.append((target["file_param"], ("c.zip", data)))
    url = target["upload_url"]
    return requests.post(url, files=fields, allow_redirects=False, timeout=10, **options)


def finish(canvas: Caller, target: dict[str, Any], data: bytes) -> dict[str, Any]:
    """Do the second and third step, whatever the storage is, and return the file."""
    response = send(target, data)
    if response.status_code in (302, 303):
        return requests.get(response.headers["location"], timeout=10).json()
    assert response.status_code == 201, response.text
    if "success_url" in target["upload_params"]:
        return requests.get(target["upload_params"]["success_url"], timeout=10).json()
    return canvas.get(response.headers["location"])


def uploaded(canvas: Caller, path: str, name: str, data: bytes, **params: Any) -> dict[str, Any]:
    """Upload a file in all its steps, and return it."""
    response = canvas("POST", path, data={"name": name, "size": len(data), **params})
    assert response.status_code == 200, response.text
    return finish(canvas, response.json(), data)


def folder(world: World, full_name: str, course_id: int = DESTINATION) -> Folder:
    """Return a folder of a course."""
    title = full_name.rpartition("/")[2]
    return world.add(Folder(course_id=course_id, title=title, full_name=full_name))


def files_of(world: World, course_id: int = DESTINATION, context_type: ContextType = ContextType.COURSE) -> list[str]:
    """Return the titles of the live files of a context."""
    return sorted(file.title for file in world.live(File, course_id, context_type))


def set_quota(world: World, megabytes: int) -> None:
    """Set the storage quota of the destination."""
    world.tables.courses[DESTINATION].storage_quota_mb = megabytes


def teacher(world: World) -> User:
    """Return the user whose token is the teacher's."""
    return world.tables.users[GROUP_MEMBER]
