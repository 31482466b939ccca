"""Blueprint courses: the blueprint of a course and its changes; on the blueprint's side, the associated courses.

A course has at most one blueprint, and a blueprint course one template: ``"default"`` stands for it.

https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none
from airflow_provider_canvas.api.users import UserDisplay


class BlueprintCourse(TypedDict, total=False):
    """A short record of a course: of the blueprint, or of an associated course."""

    id: int
    name: str
    course_code: str
    term_name: str | None
    sis_course_id: str | None
    teachers: list[dict[str, Any]]


class BlueprintSubscription(TypedDict, total=False):
    """The subscription of a course to a blueprint."""

    id: int
    template_id: int
    blueprint_course: BlueprintCourse


class BlueprintMigration(TypedDict, total=False):
    """A migration from a blueprint: ``template_id`` is there on the blueprint's side, ``subscription_id`` on the other.

    ``workflow_state`` ends as ``completed``, ``exports_failed`` or ``imports_failed``. In the course that follows,
    ``id`` is that of its content migration, which has an asset id mapping.
    """

    id: int
    template_id: int
    subscription_id: int
    user_id: int | None
    workflow_state: str
    created_at: str
    exports_started_at: str | None
    imports_queued_at: str | None
    imports_completed_at: str | None
    comment: str | None
    user: UserDisplay


class BlueprintTemplate(TypedDict, total=False):
    """The template that makes a course a blueprint."""

    id: int
    course_id: int
    last_export_completed_at: str | None
    associated_course_count: int
    latest_migration: BlueprintMigration


class ExceptionRecord(TypedDict, total=False):
    """A course that rejected a change, because it had changed the asset itself."""

    course_id: int
    conflicting_changes: list[str]


class ChangeRecord(TypedDict, total=False):
    """A change that a migration brought. Of ``syllabus`` and ``settings``, ``asset_id`` is the course's."""

    asset_id: int
    asset_type: str
    asset_name: str
    change_type: str
    html_url: str
    locked: bool
    exceptions: list[ExceptionRecord]


ChangeRecords = list[ChangeRecord]


class BlueprintCourses(Resource[IO]):
    """Blueprint courses: their subscriptions, and the syncs into associated courses.

    https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses
    """

    @many("courses/{course_id}/blueprint_subscriptions", BlueprintSubscription)
    def subscriptions(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List the blueprint that a course follows: one, or none.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.subscriptions_index
        """
        return drop_none(per_page=check_per_page(per_page))

    @many("courses/{course_id}/blueprint_subscriptions/{subscription_id}/migrations", BlueprintMigration)
    def subscription_migrations(
        self, *, course_id: Id, subscription_id: Id = "default", per_page: int | None = None
    ) -> Params:
        """List the migrations that came from the blueprint, the newest first: ``content_migrations.list`` hides them.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.imports_index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one(
        "GET",
        "courses/{course_id}/blueprint_subscriptions/{subscription_id}/migrations/{migration_id}",
        BlueprintMigration,
    )
    def subscription_migration(self, *, course_id: Id, subscription_id: Id = "default", migration_id: Id) -> Params:
        """Show a migration that came from the blueprint.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.imports_show
        """
        return {}

    @one(
        "GET",
        "courses/{course_id}/blueprint_subscriptions/{subscription_id}/migrations/{migration_id}/details",
        ChangeRecords,
    )
    def subscription_migration_details(
        self, *, course_id: Id, subscription_id: Id = "default", migration_id: Id
    ) -> Params:
        """Get what a migration from the blueprint changed in the course. The response is not paginated.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.import_details
        """
        return {}

    @one("GET", "courses/{course_id}/blueprint_templates/{template_id}", BlueprintTemplate)
    def template(self, *, course_id: Id, template_id: Id = "default") -> Params:
        """Get the template of a blueprint course.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.show
        """
        return {}

    @many("courses/{course_id}/blueprint_templates/{template_id}/migrations", BlueprintMigration)
    def migrations(self, *, course_id: Id, template_id: Id = "default", per_page: int | None = None) -> Params:
        """List the migrations out of a blueprint, the newest first.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.migrations_index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/blueprint_templates/{template_id}/migrations/{migration_id}", BlueprintMigration)
    def migration(self, *, course_id: Id, template_id: Id = "default", migration_id: Id) -> Params:
        """Show a migration out of a blueprint.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.migrations_show
        """
        return {}

    @one(
        "GET", "courses/{course_id}/blueprint_templates/{template_id}/migrations/{migration_id}/details", ChangeRecords
    )
    def migration_details(self, *, course_id: Id, template_id: Id = "default", migration_id: Id) -> Params:
        """Get what a migration out of a blueprint changed, and which courses rejected it. It is not paginated.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.migration_details
        """
        return {}

    @many("courses/{course_id}/blueprint_templates/{template_id}/associated_courses", BlueprintCourse)
    def associated_courses(self, *, course_id: Id, template_id: Id = "default", per_page: int | None = None) -> Params:
        """List the courses that follow a blueprint.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.associated_courses
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/blueprint_templates/{template_id}/unsynced_changes", ChangeRecords)
    def unsynced_changes(self, *, course_id: Id, template_id: Id = "default") -> Params:
        """Get what changed in a blueprint since its last migration: at most some 150 records, not paginated.

        Before the first migration it is one record, whose ``change_type`` is ``initial_sync``.

        https://developerdocs.instructure.com/services/canvas/resources/blueprint_courses#method.master_courses/master_templates.unsynced_changes
        """
        return {}
