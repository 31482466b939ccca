"""What else the endpoints take: the parameters that no row of the other modules has.

These rows are only sent, and not asked of the local Canvas: it does not read every parameter that Canvas does.
"""

from __future__ import annotations

import datetime

from airflow_provider_canvas.api.course_settings import SETTINGS
from tests.client.contract.routes_row import Row, row

COURSE = {"course_id": 11}
AT = "/api/v1/courses/11"


def searched(endpoint: str, name: str, *sent: str, **arguments: object) -> Row:
    """Return a listing of the course that is narrowed."""
    return row(endpoint, {**COURSE, **arguments}, f"GET {AT}/{name}", "per_page=100", *sent)


def people(endpoint: str, name: str) -> tuple[Row, ...]:
    """Return what both addresses of the list of users take."""
    return (
        searched(
            endpoint,
            name,
            "search_term=dent",
            "sort=username",
            "enrollment_role=TaEnrollment",
            "enrollment_role_id=7",
            "enrollment_state[]=completed",
            "include[]=avatar_url",
            "include_inactive=true",
            "section_ids[]=801",
            "user_uuids[]=u-1",
            search_term="dent",
            sort="username",
            enrollment_role="TaEnrollment",
            enrollment_role_id=7,
            enrollment_state=["completed"],
            include=["avatar_url"],
            include_inactive=True,
            section_ids=[801],
            user_uuids=["u-1"],
        ),
        searched(
            endpoint,
            name,
            "enrollment_type[]=student_view",
            "user_id=125",
            enrollment_type=["student_view"],
            user_id=125,
        ),
        searched(endpoint, name, "user_ids[]=1", "user_ids[]=10000000000004", user_ids=[1, "10000000000004"]),
    )


COPIES = (
    row(
        "content_migrations.get",
        {"course_id": 22, "content_migration_id": "10000000000077", "include": ["audit_info"]},
        "GET /api/v1/courses/22/content_migrations/10000000000077",
        "include[]=audit_info",
    ),
    row(
        "content_migrations.create",
        {
            "course_id": 22,
            "migration_type": "course_copy_importer",
            "settings": {"source_course_id": 11},
            "selective_import": True,
        },
        "POST /api/v1/courses/22/content_migrations",
        "migration_type=course_copy_importer",
        "settings[source_course_id]=11",
        "selective_import=true",
    ),
    row(
        "content_migrations.create",
        {
            "course_id": 22,
            "migration_type": "course_copy_importer",
            "settings": {"source_course_id": 11},
            "copy": ["copy[all_assignments]", "copy[wiki_pages][id_g1]"],
        },
        "POST /api/v1/courses/22/content_migrations",
        "migration_type=course_copy_importer",
        "settings[source_course_id]=11",
        "copy[all_assignments]=1",
        "copy[wiki_pages][id_g1]=1",
    ),
    row(
        "content_migrations.update",
        {
            "course_id": 22,
            "content_migration_id": 80,
            "settings": {"question_bank_name": "Älter"},
            "pre_attachment": {"name": "a.imscc", "parent_folder_path": "in/box"},
            "date_shift_options": {"remove_dates": True},
            "do_not_run": True,
        },
        "PUT /api/v1/courses/22/content_migrations/80",
        "settings[question_bank_name]=Älter",
        "pre_attachment[name]=a.imscc",
        "pre_attachment[parent_folder_path]=in/box",
        "date_shift_options[remove_dates]=true",
        "do_not_run=true",
    ),
    row(
        "content_migrations.update",
        {"course_id": 22, "content_migration_id": 80, "selective_import": True},
        "PUT /api/v1/courses/22/content_migrations/80",
        "selective_import=true",
    ),
    row(
        "content_migrations.update",
        {"course_id": 22, "content_migration_id": 80, "run_again": True},
        "PUT /api/v1/courses/22/content_migrations/80",
    ),
    row(
        "content_imports.copy_course_content",
        {"course_id": 22, "source_course": "sis_course_id:SIS/Source", "except_": ["files"]},
        "POST /api/v1/courses/22/course_copy",
        "source_course=sis_course_id:SIS/Source",
        "except[]=files",
    ),
    row(
        "content_exports.create",
        {**COURSE, "export_type": "quizzes2", "include": ["migrated_quiz"]},
        f"POST {AT}/content_exports",
        "export_type=quizzes2",
        "include[]=migrated_quiz",
    ),
)

COURSES = (
    row(
        "courses.list",
        {
            "enrollment_role": "TaEnrollment",
            "enrollment_role_id": 7,
            "enrollment_state": "active",
            "exclude_blueprint_courses": True,
        },
        "GET /api/v1/courses",
        "per_page=100",
        "enrollment_role=TaEnrollment",
        "enrollment_role_id=7",
        "enrollment_state=active",
        "exclude_blueprint_courses=true",
    ),
    row(
        "courses.list_for_user",
        {"user_id": 4, "account_id": "sis_account_id:BIO", "include": ["sections"], "state": ["completed", "deleted"]},
        "GET /api/v1/users/4/courses",
        "per_page=100",
        "account_id=sis_account_id:BIO",
        "include[]=sections",
        "state[]=completed",
        "state[]=deleted",
    ),
    row(
        "courses.get_in_account",
        {"account_id": 1, "course_id": 11, "include": ["all_courses"], "teacher_limit": 3},
        "GET /api/v1/accounts/1/courses/11",
        "include[]=all_courses",
        "teacher_limit=3",
    ),
    row(
        "courses.create",
        {"account_id": 1, "enroll_me": True, "enable_sis_reactivation": False},
        "POST /api/v1/accounts/1/courses",
        "enroll_me=true",
        "enable_sis_reactivation=false",
    ),
    row(
        "courses.update",
        {**COURSE, "offer": True, "override_sis_stickiness": True},
        f"PUT {AT}",
        "offer=true",
        "override_sis_stickiness=true",
    ),
    *(
        row(
            "courses.update_settings",
            {**COURSE, name: 3 if name == "home_page_announcement_limit" else False},
            f"PUT {AT}/settings",
            f"{name}={'3' if name == 'home_page_announcement_limit' else 'false'}",
        )
        for name in SETTINGS
        if name != "default_due_time"
    ),
    *people("courses.users", "users"),
    *people("courses.search_users", "search_users"),
)

CONTENT = (
    row(
        "announcements.list",
        {
            "context_codes": ["course_11"],
            "start_date": "2026-01-01",
            "end_date": "2026-12-31",
            "active_only": True,
            "latest_only": False,
            "include": ["sections"],
        },
        "GET /api/v1/announcements",
        "per_page=100",
        "context_codes[]=course_11",
        "start_date=2026-01-01",
        "end_date=2026-12-31",
        "active_only=true",
        "latest_only=false",
        "include[]=sections",
    ),
    searched("assignments.list", "assignments", "search_term=lab & more", search_term="lab & more"),
    row(
        "assignments.get",
        {**COURSE, "assignment_id": 5001, "include": ["overrides"]},
        f"GET {AT}/assignments/5001",
        "include[]=overrides",
    ),
    searched(
        "discussion_topics.list",
        "discussion_topics",
        "include[]=all_dates",
        "search_term=hello",
        include=["all_dates"],
        search_term="hello",
    ),
    row(
        "discussion_topics.get",
        {**COURSE, "topic_id": 1201, "include": ["sections"]},
        f"GET {AT}/discussion_topics/1201",
        "include[]=sections",
    ),
    searched("modules.list", "modules", "search_term=week", search_term="week"),
    row(
        "modules.get",
        {**COURSE, "module_id": 601, "include": ["items"]},
        f"GET {AT}/modules/601",
        "include[]=items",
    ),
    searched(
        "modules.items",
        "modules/601/items",
        "include[]=content_details",
        module_id=601,
        include=["content_details"],
    ),
    searched("pages.list", "pages", "search_term=week", search_term="week"),
    searched("quizzes.list", "quizzes", "search_term=week", search_term="week"),
    searched("quizzes.all", "all_quizzes", "search_term=week", search_term="week"),
)

ACCOUNTS = (
    row(
        "accounts.courses",
        {
            "account_id": 1,
            "with_enrollments": True,
            "enrollment_type": ["teacher"],
            "published": True,
            "completed": False,
            "blueprint": False,
            "blueprint_associated": False,
            "public": False,
            "homeroom": False,
            "by_teachers": [4, "sis_user_id:S1"],
            "by_subaccounts": [2],
            "search_term": "bio",
            "search_by": "course",
            "starts_before": datetime.date(2026, 6, 1),
            "ends_after": "2026-01-01",
            "sort": "course_name",
            "order": "desc",
        },
        "GET /api/v1/accounts/1/courses",
        "per_page=100",
        "with_enrollments=true",
        "enrollment_type[]=teacher",
        "published=true",
        "completed=false",
        "blueprint=false",
        "blueprint_associated=false",
        "public=false",
        "homeroom=false",
        "by_teachers[]=4",
        "by_teachers[]=sis_user_id:S1",
        "by_subaccounts[]=2",
        "search_term=bio",
        "search_by=course",
        "starts_before=2026-06-01",
        "ends_after=2026-01-01",
        "sort=course_name",
        "order=desc",
    ),
)

FILES = (
    searched(
        "files.list",
        "files",
        "include[]=user",
        "content_types[]=image",
        "search_term=plan",
        include=["user"],
        content_types=["image"],
        search_term="plan",
    ),
    row(
        "files.list_in_folder",
        {"folder_id": 402, "include": ["usage_rights"], "exclude_content_types": ["image"], "search_term": "plan"},
        "GET /api/v1/folders/402/files",
        "per_page=100",
        "include[]=usage_rights",
        "exclude_content_types[]=image",
        "search_term=plan",
    ),
    row(
        "files.create",
        {
            **COURSE,
            "name": "a.txt",
            "content_type": "text/plain",
            "parent_folder_id": 401,
            "url": "https://files.example/a.txt?b=1&c=2",
            "submit_assignment": False,
            "success_include": ["preview_url"],
            "no_redirect": True,
        },
        f"POST {AT}/files",
        "name=a.txt",
        "content_type=text/plain",
        "parent_folder_id=401",
        "url=https://files.example/a.txt?b=1&c=2",
        "submit_assignment=false",
        "success_include[]=preview_url",
        "no_redirect=true",
    ),
    row(
        "files.create_in_folder",
        {
            "folder_id": 402,
            "name": "a.txt",
            "on_duplicate": "error",
            "url": "https://files.example/a.txt",
            "success_include": ["preview_url"],
            "no_redirect": True,
        },
        "POST /api/v1/folders/402/files",
        "name=a.txt",
        "on_duplicate=error",
        "url=https://files.example/a.txt",
        "success_include[]=preview_url",
        "no_redirect=true",
    ),
)

SELECTIONS = tuple(
    row(
        "content_migrations.selective_data",
        {**context, "content_migration_id": 77},
        f"GET /api/v1/{path}/content_migrations/77/selective_data",
        count=0,
    )
    for context, path in (
        ({"account_id": 1}, "accounts/1"),
        ({"group_id": 5}, "groups/5"),
        ({"user_id": "self"}, "users/self"),
    )
)
"""Canvas has nothing to select in an account, and answers 500 for groups and users."""

ROWS = (*COPIES, *SELECTIONS, *COURSES, *CONTENT, *ACCOUNTS, *FILES)
