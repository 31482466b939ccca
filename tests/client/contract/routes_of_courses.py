"""The routes of courses, and of who and what is in them.

The ids are those of :mod:`~client.contract.routes_world`: course 11 has three students (101 to 103), two teachers, and
the caller, who is one of its students and of course 22's, and administers everything.
"""

from __future__ import annotations

import datetime

from tests.client.contract.routes_row import row

COURSE = "/api/v1/courses/11"

LISTED = (
    row(
        "courses.list",
        {"enrollment_type": "student", "include": ["term", "total_students"], "state": ["available"]},
        "GET /api/v1/courses",
        "per_page=100",
        "enrollment_type=student",
        "include[]=term",
        "include[]=total_students",
        "state[]=available",
        shows={"id": 22, "name": "Destination", "total_students": 1},
        count=2,
    ),
    row(
        "courses.list_for_user",
        {"user_id": "self", "enrollment_state": "active", "homeroom": False, "per_page": 50},
        "GET /api/v1/users/self/courses",
        "per_page=50",
        "enrollment_state=active",
        "homeroom=false",
        shows={"id": 22},
        count=2,
    ),
    row(
        "courses.get",
        {"course_id": "sis_course_id:SIS/Source", "include": ["syllabus_body"], "teacher_limit": 1},
        "GET /api/v1/courses/sis_course_id:SIS%2FSource",
        "include[]=syllabus_body",
        "teacher_limit=1",
        shows={"id": 11, "sis_course_id": "SIS/Source", "workflow_state": "available"},
    ),
    row(
        "courses.get_in_account",
        {"account_id": "self", "course_id": 22},
        "GET /api/v1/accounts/self/courses/22",
        shows={"id": 22, "account_id": 1},
    ),
    row(
        "accounts.courses",
        {"account_id": "self", "state": ["available"], "enrollment_term_id": 1, "include": ["term"]},
        "GET /api/v1/accounts/self/courses",
        "per_page=100",
        "state[]=available",
        "enrollment_term_id=1",
        "include[]=term",
        shows={"id": 11, "workflow_state": "available"},
        count=3,
    ),
)

CHANGED = (
    row(
        "courses.create",
        {
            "account_id": "sis_account_id:BIO",
            "course": {
                "name": "Ökologie & more",
                "start_at": datetime.date(2026, 6, 1),
                "restrict_enrollments_to_course_dates": True,
                "term_id": 2,
            },
            "offer": True,
            "skip_course_template": True,
        },
        "POST /api/v1/accounts/sis_account_id:BIO/courses",
        "course[name]=Ökologie & more",
        "course[start_at]=2026-06-01",
        "course[restrict_enrollments_to_course_dates]=true",
        "course[term_id]=2",
        "offer=true",
        "skip_course_template=true",
        shows={"name": "Ökologie & more", "account_id": 2, "enrollment_term_id": 2, "workflow_state": "available"},
    ),
    row(
        "courses.update",
        {"course_id": 33, "course": {"name": "Renamed", "syllabus_body": None, "is_public": True}},
        "PUT /api/v1/courses/33",
        "course[name]=Renamed",
        "course[syllabus_body]=",
        "course[is_public]=true",
        shows={"id": 33, "name": "Renamed", "is_public": True},
    ),
    row(
        "courses.batch_update",
        {"account_id": 1, "course_ids": [22, "sis_course_id:SIS/Other"], "event": "conclude"},
        "PUT /api/v1/accounts/1/courses",
        "course_ids[]=22",
        "course_ids[]=sis_course_id:SIS/Other",
        "event=conclude",
        shows={"tag": "course_batch_update", "workflow_state": "queued", "completion": 0.0},
    ),
    row(
        "courses.delete",
        {"course_id": 33, "event": "conclude"},
        "DELETE /api/v1/courses/33",
        "event=conclude",
        shows={"conclude": True},
    ),
    row(
        "courses.reset_content",
        {"course_id": 33},
        "POST /api/v1/courses/33/reset_content",
        shows={"name": "Other", "sis_course_id": "SIS/Other"},
    ),
    row(
        "courses.dismiss_migration_limitation_message",
        {"course_id": 11},
        f"POST {COURSE}/dismiss_migration_limitation_message",
        shows={"success": True},
    ),
    row("courses.settings", {"course_id": 11}, f"GET {COURSE}/settings", shows={"default_due_time": "23:59:59"}),
    row(
        "courses.update_settings",
        {"course_id": 11, "hide_final_grades": True, "default_due_time": "22:00:00"},
        f"PUT {COURSE}/settings",
        "hide_final_grades=true",
        "default_due_time=22:00:00",
        shows={"hide_final_grades": True, "default_due_time": "22:00:00"},
    ),
)

PEOPLE = (
    row(
        "courses.users",
        {
            "course_id": 11,
            "search_term": "dent",
            "sort": "sis_id",
            "enrollment_type": ["student"],
            "enrollment_state": ["active", "invited"],
            "include": ["email", "enrollments"],
        },
        f"GET {COURSE}/users",
        "per_page=100",
        "search_term=dent",
        "sort=sis_id",
        "enrollment_type[]=student",
        "enrollment_state[]=active",
        "enrollment_state[]=invited",
        "include[]=email",
        "include[]=enrollments",
        shows={"id": 101, "email": "s101@x.example", "sis_user_id": "S101"},
        count=3,
    ),
    row(
        "courses.search_users",
        {"course_id": 11, "user_ids": [101, 102]},
        f"GET {COURSE}/search_users",
        "per_page=100",
        "user_ids[]=101",
        "user_ids[]=102",
        shows={"id": 101},
        count=2,
    ),
    row("courses.students", {"course_id": 11}, f"GET {COURSE}/students", shows={"id": 101}, count=4),
    row(
        "courses.recent_students",
        {"course_id": 11},
        f"GET {COURSE}/recent_students",
        "per_page=100",
        shows={"last_login": None},
        count=4,
    ),
    row(
        "courses.user",
        {"course_id": 11, "user_id": "sis_user_id:S102", "include": ["email"]},
        f"GET {COURSE}/users/sis_user_id:S102",
        "include[]=email",
        shows={"id": 102, "name": "Stu Dent102", "email": "s102@x.example"},
    ),
    row(
        "courses.content_share_users",
        {"course_id": 11, "search_term": "ger"},
        f"GET {COURSE}/content_share_users",
        "per_page=100",
        "search_term=ger",
        shows={"id": 5},
        count=2,
    ),
    row(
        "courses.student_view_student",
        {"course_id": 11},
        f"GET {COURSE}/student_view_student",
        shows={"name": "Test Student"},
    ),
    row(
        "courses.user_progress",
        {"course_id": 11, "user_id": 101},
        f"GET {COURSE}/users/101/progress",
        shows={"requirement_count": 2, "requirement_completed_count": 0, "completed_at": None},
    ),
    row(
        "courses.bulk_user_progress",
        {"course_id": 11},
        f"GET {COURSE}/bulk_user_progress",
        "per_page=100",
        shows={"id": 101, "progress": {"requirement_count": 2}},
        count=4,
    ),
    row("users.get", {"user_id": "self"}, "GET /api/v1/users/self", shows={"id": 1, "name": "Ada Min"}),
)

LOOKED_AT = (
    row(
        "courses.preview_html",
        {"course_id": 11, "html": "<p onclick='x()'>1 + 1 &amp; 2</p>"},
        f"POST {COURSE}/preview_html",
        "html=<p onclick='x()'>1 + 1 &amp; 2</p>",
        shows={"html": "<p>1 + 1 &amp; 2</p>"},
    ),
    row(
        "courses.activity_stream",
        {"course_id": 11},
        f"GET {COURSE}/activity_stream",
        "per_page=100",
        shows={"course_id": 11, "read_state": True},
        count=9,
    ),
    row(
        "courses.activity_stream_summary",
        {"course_id": 11},
        f"GET {COURSE}/activity_stream/summary",
        shows={"type": "Announcement", "count": 2},
        count=3,
    ),
    row(
        "courses.todo",
        {"course_id": 11, "include": ["ungraded_quizzes"]},
        f"GET {COURSE}/todo",
        "per_page=100",
        "include[]=ungraded_quizzes",
        shows={"type": "submitting", "course_id": 11},
        count=3,
    ),
    row(
        "courses.effective_due_dates",
        {"course_id": 11, "assignment_ids": [5005, 5006]},
        f"GET {COURSE}/effective_due_dates",
        "assignment_ids[]=5005",
        "assignment_ids[]=5006",
        shows={"5005": {"101": {"due_at": "2026-05-11T09:00:00Z"}}},
    ),
    row(
        "courses.permissions",
        {"course_id": 11, "permissions": ["read", "nonsense"]},
        f"GET {COURSE}/permissions",
        "permissions[]=read",
        "permissions[]=nonsense",
        shows={"read": True, "nonsense": False},
    ),
)

ROWS = (*LISTED, *CHANGED, *PEOPLE, *LOOKED_AT)
