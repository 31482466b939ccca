"""Courses: listing, creating, updating, concluding, deleting and resetting them, and their users and activity.

https://developerdocs.instructure.com/services/canvas/resources/courses
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never, Unpack

from airflow_provider_canvas.api.course_fields import (
    CourseChanges,
    CourseFields,
    create_params,
    reject_misplaced,
    update_params,
)
from airflow_provider_canvas.api.course_records import (
    ActivityStreamItem,
    ActivityStreamSummaries,
    Course,
    CourseProgress,
    Done,
    EffectiveDueDates,
    Permissions,
    PreviewHtml,
    Students,
    TodoItem,
    UserProgress,
    find_batch_error,
    find_progress_error,
    find_undone,
)
from airflow_provider_canvas.api.course_search import (
    COURSE_INCLUDES,
    COURSE_SEARCH_CHECKS,
    USER_INCLUDES,
    UserSearch,
    user_search_params,
)
from airflow_provider_canvas.api.course_settings import CourseSettings, CourseSettingsUpdate, settings_update_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.listing_parameters import check_non_empty, check_params, check_per_page, digit_ids
from airflow_provider_canvas.api.parameters import Params, check_choice, check_choices, drop_none
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.users import User

__all__ = ["Course", "Courses"]

BATCH_EVENTS = ("offer", "conclude", "delete", "undelete")
MAX_BATCH_COURSES = 500
"""Canvas refuses a batch of more courses than this."""


class Courses(Resource[IO]):
    """Courses, their settings and their users.

    https://developerdocs.instructure.com/services/canvas/resources/courses
    """

    @many("courses", Course)
    def list(
        self,
        *,
        enrollment_type: str | None = None,
        enrollment_role: str | None = None,
        enrollment_role_id: Id | None = None,
        enrollment_state: str | None = None,
        exclude_blueprint_courses: bool | None = None,
        include: Sequence[str] = (),
        state: Sequence[str] | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List your courses: those in which the token's user is enrolled.

        An ``enrollment_role_id``, or the deprecated ``enrollment_role``, takes the place of the ``enrollment_type``.
        Without ``state``, students and observers get their available courses, everybody else all but deleted and
        concluded ones: name ``completed`` to get these, too.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.index
        """
        return check_params(
            COURSE_SEARCH_CHECKS,
            enrollment_type=enrollment_type,
            enrollment_role=enrollment_role,
            enrollment_role_id=enrollment_role_id,
            enrollment_state=enrollment_state,
            exclude_blueprint_courses=exclude_blueprint_courses,
            include=include,
            state=state,
            per_page=check_per_page(per_page),
        )

    @many("users/{user_id}/courses", Course)
    def list_for_user(
        self,
        *,
        user_id: Id,
        enrollment_state: str | None = None,
        homeroom: bool | None = None,
        account_id: Id | None = None,
        include: Sequence[str] = (),
        state: Sequence[str] | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List the courses of a user: oneself, whom one observes, or anybody for an administrator.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.user_index
        """
        return check_params(
            COURSE_SEARCH_CHECKS,
            enrollment_state=enrollment_state,
            homeroom=homeroom,
            account_id=account_id,
            include=include,
            state=state,
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}", Course)
    def get(self, *, course_id: Id, include: Sequence[str] = (), teacher_limit: int | None = None) -> Params:
        """Get a single course.

        Where it has more teachers than ``teacher_limit``, ``teacher_count`` takes the place of ``teachers``.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.show
        """
        return drop_none(include=check_choices("include", include, COURSE_INCLUDES), teacher_limit=teacher_limit)

    @one("GET", "accounts/{account_id}/courses/{course_id}", Course)
    def get_in_account(
        self, *, account_id: Id, course_id: Id, include: Sequence[str] = (), teacher_limit: int | None = None
    ) -> Params:
        """Get a single course if it is in an account, or below it.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.show
        """
        return drop_none(include=check_choices("include", include, COURSE_INCLUDES), teacher_limit=teacher_limit)

    @one("POST", "accounts/{account_id}/courses", Course)
    def create(
        self,
        /,
        *,
        account_id: Id,
        course: CourseFields | None = None,
        offer: bool | None = None,
        enroll_me: bool | None = None,
        enable_sis_reactivation: bool | None = None,
        skip_course_template: bool | None = None,
        **misplaced: Never,
    ) -> Params:
        """Create a new course, which ``offer=True`` publishes. Two equal calls make two courses.

        Canvas ignores fields that the caller may not set (an SIS id, the visibility): the response shows the result. An
        account may have a template for new courses, which Canvas copies afterwards; ``skip_course_template=True``,
        not documented and newer than June 2023, leaves the course empty.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.create
        """
        reject_misplaced(misplaced, CourseFields.__annotations__)
        return drop_none(
            course=None if course is None else create_params(course),
            offer=offer,
            enroll_me=enroll_me,
            enable_sis_reactivation=enable_sis_reactivation,
            skip_course_template=skip_course_template,
        )

    @one("PUT", "courses/{course_id}", Course)
    def update(
        self,
        /,
        *,
        course_id: Id,
        course: CourseChanges | None = None,
        offer: bool | None = None,
        override_sis_stickiness: bool | None = None,
        **misplaced: Never,
    ) -> Params:
        """Update a course; ``offer=True`` publishes it.

        Canvas ignores fields that the caller may not change: the response shows the result. It also ignores an
        ``image_id`` of a file that is not in the course, which only ``settings`` shows, and a ``friendly_name`` outside
        elementary (K-5) courses; ``default_view="wiki"`` needs a front page. An update also clears the
        dates of a course that does not restrict its enrollments to them, unless it has nothing but an event.
        ``override_sis_stickiness=False`` is refused: Canvas answers 500 to it.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.update
        """
        reject_misplaced(misplaced, CourseChanges.__annotations__)
        changed = {} if course is None else update_params(course)
        if not (changed or offer):
            raise CanvasInputError("The update changes nothing: write a change, such as course={'name': 'Biology'}.")
        if override_sis_stickiness is False:
            raise CanvasInputError(
                "override_sis_stickiness=False is not sent: Canvas answers 500 to it in a form, and ignores it in JSON "
                "(seen in June 2023). Leave it out, and leave out the fields that shall stay as they are."
            )
        if offer and changed.get("event", "offer") != "offer":
            raise CanvasInputError(
                f"offer=True publishes, and Canvas ignores the event {changed['event']!r}: give one of them."
            )
        return drop_none(course=changed or None, offer=offer, override_sis_stickiness=override_sis_stickiness)

    @one("PUT", "accounts/{account_id}/courses", ProgressRecord, find_error=find_batch_error)
    def batch_update(self, *, account_id: Id, course_ids: Sequence[Id], event: str) -> Params:
        """Update up to 500 courses of an account, each once, in the background: the response is the job's Progress.

        ``offer`` publishes, ``conclude`` ends, ``delete`` deletes, ``undelete`` brings back, unpublished.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.batch_update
        """
        listed = check_non_empty("course_ids", course_ids)
        unique = [*dict.fromkeys(canvas_id("course_ids", course_id, kind="course_id") for course_id in listed)]
        if len(unique) > MAX_BATCH_COURSES:
            raise CanvasInputError(
                f"course_ids names {len(unique)} courses, and Canvas accepts at most {MAX_BATCH_COURSES}: "
                f"use update_courses(), which sends them in chunks of {MAX_BATCH_COURSES}."
            )
        return {"course_ids": unique, "event": check_choice("event", event, BATCH_EVENTS)}

    @one("DELETE", "courses/{course_id}", Done, find_error=find_undone)
    def delete(self, *, course_id: Id, event: str) -> Params:
        """Delete or conclude a course, as the event says: ``delete`` or ``conclude``.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.destroy
        """
        return {"event": check_choice("event", event, ("delete", "conclude"))}

    @one("POST", "courses/{course_id}/reset_content", Course)
    def reset_content(self, *, course_id: Id) -> Params:
        """Reset a course: the response is a new, empty course that replaces it, with another id.

        Sections, users and the SIS id move to it, and the old course is deleted.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.reset_content
        """
        return {}

    @one("GET", "courses/{course_id}/settings", CourseSettings)
    def settings(self, *, course_id: Id) -> Params:
        """Get course settings.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.api_settings
        """
        return {}

    @one("PUT", "courses/{course_id}/settings", CourseSettings)
    def update_settings(self, *, course_id: Id, **settings: Unpack[CourseSettingsUpdate]) -> Params:
        """Update course settings: each by itself, such as ``hide_final_grades=True``, and not in ``course={...}``.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.update_settings
        """
        return settings_update_params(settings)

    @many("courses/{course_id}/users", User)
    def users(self, *, course_id: Id, per_page: int | None = None, **search: Unpack[UserSearch]) -> Params:
        """List users in a course.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.users
        """
        return user_search_params(search) | drop_none(per_page=check_per_page(per_page))

    @many("courses/{course_id}/search_users", User)
    def search_users(self, *, course_id: Id, per_page: int | None = None, **search: Unpack[UserSearch]) -> Params:
        """List users in a course: another address of the same listing.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.users
        """
        return user_search_params(search) | drop_none(per_page=check_per_page(per_page))

    @one(
        "GET",
        "courses/{course_id}/students",
        Students,
        deprecated="courses.users with enrollment_type=['student']",
    )
    def students(self, *, course_id: Id) -> Params:
        """List students, all in one response. Canvas deprecates this.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.students
        """
        return {}

    @many("courses/{course_id}/recent_students", User)
    def recent_students(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List recently logged in students, with ``last_login``, the latest first.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.recent_students
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/users/{user_id}", User)
    def user(self, *, course_id: Id, user_id: Id, include: Sequence[str] = ()) -> Params:
        """Get a single user of a course.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.user
        """
        return drop_none(include=check_choices("include", include, USER_INCLUDES))

    @many("courses/{course_id}/content_share_users", User)
    def content_share_users(self, *, course_id: Id, search_term: str, per_page: int | None = None) -> Params:
        """Search for users with whom content can be shared, by a part of the name.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.content_share_users
        """
        if not (search_term and search_term.strip()):
            raise CanvasInputError("search_term is empty: write a part of the name, such as 'smith'.")
        return drop_none(search_term=search_term, per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/student_view_student", User)
    def student_view_student(self, *, course_id: Id) -> Params:
        """Return the test student of a course, which is created if there is none.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.student_view_student
        """
        return {}

    @one("GET", "courses/{course_id}/users/{user_id}/progress", CourseProgress, find_error=find_progress_error)
    def user_progress(self, *, course_id: Id, user_id: Id) -> Params:
        """Get user progress: how many of the modules' requirements a user has met.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.user_progress
        """
        return {}

    @many("courses/{course_id}/bulk_user_progress", UserProgress)
    def bulk_user_progress(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """Get the progress of all students. Canvas refuses where no module requires anything.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.bulk_user_progress
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("POST", "courses/{course_id}/preview_html", PreviewHtml)
    def preview_html(self, *, course_id: Id, html: str) -> Params:
        """Preview processed HTML: as Canvas would show it in the course.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.preview_html
        """
        return {"html": html}

    @many("courses/{course_id}/activity_stream", ActivityStreamItem)
    def activity_stream(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List the course's activity stream, as the token's user sees it.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.activity_stream
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/activity_stream/summary", ActivityStreamSummaries)
    def activity_stream_summary(self, *, course_id: Id) -> Params:
        """Count the course's activity stream by type.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.activity_stream_summary
        """
        return {}

    @many("courses/{course_id}/todo", TodoItem)
    def todo(self, *, course_id: Id, include: Sequence[str] = (), per_page: int | None = None) -> Params:
        """List the course's todo items for the token's user.

        ``include=["ungraded_quizzes"]``, not documented, adds quizzes that are not graded.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.todo_items
        """
        return drop_none(
            include=check_choices("include", include, ("ungraded_quizzes",)), per_page=check_per_page(per_page)
        )

    @one("GET", "courses/{course_id}/effective_due_dates", EffectiveDueDates)
    def effective_due_dates(self, *, course_id: Id, assignment_ids: Sequence[Id] | None = None) -> Params:
        """Get effective due dates: of all assignments, or of some, for each student.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.effective_due_dates
        """
        return {} if assignment_ids is None else {"assignment_ids": digit_ids("assignment_ids", assignment_ids)}

    @one("GET", "courses/{course_id}/permissions", Permissions)
    def permissions(self, *, course_id: Id, permissions: Sequence[str] | None = None) -> Params:
        """Get permissions of the token's user: the named ones, or all.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.permissions
        """
        return {} if permissions is None else {"permissions": check_non_empty("permissions", permissions)}

    @one("POST", "courses/{course_id}/dismiss_migration_limitation_message", Done, find_error=find_undone)
    def dismiss_migration_limitation_message(self, *, course_id: Id) -> Params:
        """Remove the quiz migration alert that the token's user sees in a course; without one it is not found.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.dismiss_migration_limitation_msg
        """
        return {}
