"""The list of resources: what ``hook.`` completes to."""

from __future__ import annotations

from typing import Generic, cast

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import IO
from airflow_provider_canvas.api.listings import (
    Announcements,
    Assignments,
    DiscussionTopics,
    Files,
    Modules,
    Pages,
    Quizzes,
)
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.api.progress import Progress
from airflow_provider_canvas.api.users import Users


class Canvas(Generic[IO]):
    """Every wrapped resource of Canvas, on one client.

    :param io: What performs the calls, blocking or awaiting; by default the object itself, which then is a client.
    """

    def __init__(self, io: IO | None = None) -> None:
        self.io = io = cast("IO", self) if io is None else io
        self.announcements = Announcements(io)
        self.assignments = Assignments(io)
        self.content_migrations = ContentMigrations(io)
        self.courses = Courses(io)
        self.discussion_topics = DiscussionTopics(io)
        self.files = Files(io)
        self.migration_issues = MigrationIssues(io)
        self.modules = Modules(io)
        self.pages = Pages(io)
        self.progress = Progress(io)
        self.quizzes = Quizzes(io)
        self.users = Users(io)
