"""The list of resources, which are the attributes of a client and of a hook."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Generic, NoReturn, cast

from airflow_provider_canvas.api.accounts import Accounts
from airflow_provider_canvas.api.announcements import Announcements
from airflow_provider_canvas.api.assignment_groups import AssignmentGroups
from airflow_provider_canvas.api.assignments import Assignments
from airflow_provider_canvas.api.blueprint_courses import BlueprintCourses
from airflow_provider_canvas.api.calendar_events import CalendarEvents
from airflow_provider_canvas.api.call_mistakes import unknown_attribute, unknown_endpoint
from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.discussion_topics import DiscussionTopics
from airflow_provider_canvas.api.endpoint import IO, Resource, Route
from airflow_provider_canvas.api.external_tools import ExternalTools
from airflow_provider_canvas.api.files import Files
from airflow_provider_canvas.api.folders import Folders
from airflow_provider_canvas.api.group_categories import GroupCategories
from airflow_provider_canvas.api.link_validation import LinkValidation
from airflow_provider_canvas.api.lti_resource_links import LtiResourceLinks
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.api.modules import Modules
from airflow_provider_canvas.api.new_quizzes import NewQuizzes
from airflow_provider_canvas.api.outcome_groups import OutcomeGroups
from airflow_provider_canvas.api.pages import Pages
from airflow_provider_canvas.api.progress import Progress
from airflow_provider_canvas.api.quiz_questions import QuizQuestions
from airflow_provider_canvas.api.quizzes import Quizzes
from airflow_provider_canvas.api.rubrics import Rubrics
from airflow_provider_canvas.api.tabs import Tabs
from airflow_provider_canvas.api.users import Users


class Canvas(Generic[IO]):
    """All resources of Canvas, on one client.

    :param io: The client that performs the calls, synchronous or asynchronous; by default the object itself.
    """

    def __init__(self, io: IO | None = None) -> None:
        self.io = io = cast("IO", self) if io is None else io
        self.accounts = Accounts(io)
        self.announcements = Announcements(io)
        self.assignment_groups = AssignmentGroups(io)
        self.assignments = Assignments(io)
        self.blueprint_courses = BlueprintCourses(io)
        self.calendar_events = CalendarEvents(io)
        self.content_exports = ContentExports(io)
        self.content_imports = ContentImports(io)
        self.content_migrations = ContentMigrations(io)
        self.courses = Courses(io)
        self.discussion_topics = DiscussionTopics(io)
        self.external_tools = ExternalTools(io)
        self.files = Files(io)
        self.folders = Folders(io)
        self.group_categories = GroupCategories(io)
        self.link_validation = LinkValidation(io)
        self.lti_resource_links = LtiResourceLinks(io)
        self.migration_issues = MigrationIssues(io)
        self.modules = Modules(io)
        self.new_quizzes = NewQuizzes(io)
        self.outcome_groups = OutcomeGroups(io)
        self.pages = Pages(io)
        self.progress = Progress(io)
        self.quiz_questions = QuizQuestions(io)
        self.quizzes = Quizzes(io)
        self.rubrics = Rubrics(io)
        self.tabs = Tabs(io)
        self.users = Users(io)

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Say which resource or endpoint may be meant.

            :raises AttributeError: A :class:`CanvasNameError` for a name that an author may have written.
            """
            if name.startswith("_") or hasattr(type(self), name):
                # The second is a property that failed with an AttributeError of its own, which this shows.
                return object.__getattribute__(self, name)
            methods = [each for each in dir(type(self)) if not each.startswith("_")]
            raise unknown_attribute(type(self).__name__, name, routes(), methods)


def get_route(name: str) -> Route[..., Any]:
    """Return an endpoint by its name on a client.

    :param name: The name, such as ``courses.get``.
    :raises CanvasNameError: For an unknown name; the message suggests the nearest ones.
    """
    known, name = routes(), name.removeprefix("hook.")
    if name in known:
        return known[name]
    raise unknown_endpoint(name, known)


@functools.cache
def resources() -> dict[str, type[Any]]:
    """Return the classes of all resources by their names on a client, such as ``courses``."""
    canvas = Canvas[Any](io=object())
    return {name: type(resource) for name, resource in vars(canvas).items() if isinstance(resource, Resource)}


@functools.cache
def routes() -> dict[str, Route[..., Any]]:
    """Return all endpoints by their names on a client, such as ``courses.get``."""
    return {
        f"{name}.{attribute}": route
        for name, resource in resources().items()
        for attribute, route in vars(resource).items()
        if isinstance(route, Route)
    }
