"""Wiki pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from canvas_emulator.model.content_base import Content


@dataclass(kw_only=True, eq=False)
class Page(Content):
    """A wiki page.

    :param url: Its slug, unique in the course.
    :param body: HTML.
    :param front_page: Whether it is the front page of the course.
    :param todo_date: When it shows in the students' to-do lists; None for never.
    :param publish_at: When it becomes published; None for never.
    :param editing_roles: Who may edit it: ``teachers``, and after a comma ``students``, ``members`` or ``public``.
    :param user_id: The user who edited it last; None when it was imported.
    :param block_editor: Whether it was written in the block editor, where the setting ``block_editor`` has one.
    :param revision: The number of its latest revision.
    """

    url: str = ""
    body: str = ""
    front_page: bool = False
    todo_date: datetime | None = None
    publish_at: datetime | None = None
    editing_roles: str = "teachers"
    user_id: int | None = None
    block_editor: bool = False
    revision: int = 1
    KIND = "pages"
    ASSET = "wiki_page"
    LABEL = "Wiki Page"
    SECTION = "pages"
    HTML = "body"
    DATES = ("todo_date", "publish_at")
    OWN = Content.OWN | {"url", "user_id", "revision"}

    @property
    def path(self) -> str:
        """Pages are found by their slug."""
        return f"/courses/{self.course_id}/pages/{self.url}"


def slug(title: str) -> str:
    """Return the ``url`` that Canvas makes of a page's title, before it looks for collisions."""
    return re.sub(r"[^\w]+", "-", title.lower().replace("'", "")).strip("-_") or "page"
