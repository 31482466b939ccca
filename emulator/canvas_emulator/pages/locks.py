"""What is locked for a student: by a module that comes first, by dates, or by a teacher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from canvas_emulator.model.content import (
    ITEM_CONTENT,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.pages.visibility import manages
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

WORDS: dict[type[Content], str] = {
    Assignment: "assignment",
    Quiz: "quiz",
    DiscussionTopic: "topic",
    Announcement: "topic",
    File: "file",
    Page: "page",
}
UNLOCKED = {"locked_for_user": False}


class ModuleProgress:
    """How far the caller is in the modules of a course.

    :param request: The caller's request.
    :param course_id: The course.
    """

    def __init__(self, request: Request, course_id: int) -> None:
        self._now = request.world.clock.now()
        self._modules = {row.id: row for row in request.world.live(Module, course_id) if row.published}
        self._items: dict[int, list[ModuleItem]] = {module_id: [] for module_id in self._modules}
        for item in sorted(request.world.live(ModuleItem, course_id), key=lambda item: item.position):
            if item.published and item.module_id in self._items:
                self._items[item.module_id].append(item)
        self.done = request.world.enrollments.completions.get((request.user.id, course_id), {})

    def requirements(self, module: Module) -> list[ModuleItem]:
        """Return the published items of a module that have a requirement."""
        return [item for item in self._items.get(module.id, ()) if item.completion_requirement]

    def is_complete(self, module: Module) -> bool:
        """Tell whether the caller has done what a module requires."""
        required = self.requirements(module)
        met = sum(item.id in self.done for item in required)
        return met >= (len(required) if module.requirement_count is None else module.requirement_count)

    def state(self, module: Module) -> str:
        """Return ``locked``, ``unlocked``, ``started`` or ``completed``."""
        if self.is_locked(module):
            return "locked"
        if self.is_complete(module):
            return "completed"
        return "started" if any(item.id in self.done for item in self.requirements(module)) else "unlocked"

    def completed_at(self, module: Module) -> datetime | None:
        """Return when the caller completed a module."""
        if self.state(module) != "completed":
            return None
        times = [self.done[item.id] for item in self.requirements(module) if item.id in self.done]
        return max(times, default=module.created_at)

    def is_locked(self, module: Module) -> bool:
        """Tell whether a module is not yet open: it has a later date, or others must be completed first."""
        before = [self._modules[row_id] for row_id in module.prerequisite_module_ids if row_id in self._modules]
        return self.is_dated(module) or not all(self.is_complete(each) for each in before)

    def is_dated(self, module: Module) -> bool:
        """Tell whether a module has a date that is yet to come."""
        return module.unlock_at is not None and module.unlock_at > self._now

    def locks(self, item: ModuleItem) -> bool:
        """Tell whether an item is locked by its module, or by an item before it that is yet to be done."""
        module = self._modules.get(item.module_id)
        if module is None:
            return False
        before = (each for each in self.requirements(module) if each.position < item.position)
        return self.is_locked(module) or (
            module.require_sequential_progress and any(each.id not in self.done for each in before)
        )

    def module_that_locks(self, row: Content) -> Module | None:
        """Return a module that locks a row; None when it is in no module, or another module leaves it open."""
        items = [item for item in self._all_items() if _shows(item, row)]
        if not items or not all(self.locks(item) for item in items):
            return None
        return self._modules[items[0].module_id]

    def module_of(self, item: ModuleItem) -> Module:
        """Return the module of an item."""
        return self._modules[item.module_id]

    def shape(self, module: Module) -> dict[str, Any]:
        """Render the module that locks something."""
        before = [self._modules[row_id] for row_id in module.prerequisite_module_ids if row_id in self._modules]
        return {
            "id": module.id,
            "context_id": module.course_id,
            "context_type": "Course",
            "name": module.title,
            "position": module.position,
            "prerequisites": [{"id": each.id, "type": "context_module", "name": each.title} for each in before],
            "completion_requirements": [{"id": item.id} | requirement(item) for item in self.requirements(module)],
            "created_at": stamp(module.created_at),
            "updated_at": stamp(module.updated_at),
            "workflow_state": module.workflow_state,
            "deleted_at": None,
            "unlock_at": stamp(module.unlock_at),
            "migration_id": module.migration_id,
            "require_sequential_progress": module.require_sequential_progress or None,
            "cloned_item_id": None,
            "completion_events": None,
            "requirement_count": module.requirement_count,
            "root_account_id": 1,
        }

    def _all_items(self) -> Iterator[ModuleItem]:
        return (item for items in self._items.values() for item in items)


def requirement(item: ModuleItem) -> dict[str, Any]:
    """Render the requirement of an item."""
    score = {} if item.min_score is None else {"min_score": float(item.min_score)}
    return {"type": item.completion_requirement} | score


@dataclass(frozen=True)
class Window:
    """When something is open, and whether a teacher closed it.

    :param unlock_at: When it opens; None for at once.
    :param lock_at: When it closes; None for never.
    :param closed: Whether a teacher closed it.
    """

    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    closed: bool = False


def lock_keys(
    request: Request, row: Content, window: Window | None = None, progress: ModuleProgress | None = None
) -> dict[str, Any]:
    """Render ``locked_for_user`` of a row, and if it is locked, why.

    :param window: When the row is open.
    :param progress: The caller's progress, where it is known already.
    """
    if manages(request, row.course_id):
        return dict(UNLOCKED)
    word, asset, now = WORDS.get(type(row), "content"), f"{row.ASSET}_{row.id}", request.world.clock.now()
    progress = progress or ModuleProgress(request, row.course_id)
    if (module := progress.module_that_locks(row)) is not None:
        return module_lock(progress, module, word, asset)
    window = window or Window()
    if window.closed:
        return _locked({"asset_string": asset, "manually_locked": True}, f"This {word} is currently locked.")
    if window.unlock_at is not None and window.unlock_at > now:
        opening = {"asset_string": asset, "unlock_at": stamp(window.unlock_at)}
        return _locked(opening, f"This {word} is locked until {_day(window.unlock_at)}.")
    if window.lock_at is not None and window.lock_at <= now:
        info: dict[str, Any] = {"asset_string": asset, "lock_at": stamp(window.lock_at), "can_view": True}
        return _locked(info, f"This {word} was locked {_day(window.lock_at)}.")
    return dict(UNLOCKED)


def module_lock(progress: ModuleProgress, module: Module, word: str, asset: str) -> dict[str, Any]:
    """Render that a module locks something."""
    info: dict[str, Any] = {"asset_string": asset, "context_module": progress.shape(module)}
    part = f"This {word} is part of the module <b>{escape(module.title)}</b>"
    if not progress.is_dated(module) or module.unlock_at is None:
        return _locked(info, f"{part} and hasn&#39;t been unlocked yet.")
    if word not in ("file", "page"):
        return _locked(info, f"{part}, which is locked until {_day(module.unlock_at)}.")
    info["unlock_at"] = stamp(module.unlock_at)
    return _locked(info, f"This {word} is locked until {_day(module.unlock_at)}.")


def _locked(info: dict[str, Any], explanation: str) -> dict[str, Any]:
    return {"locked_for_user": True, "lock_info": info, "lock_explanation": explanation}


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day} at {moment:%H:%M}"


def _shows(item: ModuleItem, row: Content) -> bool:
    shown = ITEM_CONTENT.get(item.type)
    if shown is not None and item.content_id == row.id and isinstance(row, shown):
        return True
    if not isinstance(row, Assignment):
        return False
    shell_of = {"Quiz": row.quiz_id, "Discussion": row.discussion_topic_id}.get(item.type)
    return shell_of is not None and shell_of == item.content_id
