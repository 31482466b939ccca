"""The routes of what a course contains, and of files and folders wherever they are.

The ids are those of :mod:`~client.contract.routes_world`: course 11 has one of every kind at least, group 5 and the
caller have files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.client.contract.routes_row import Row, row

COURSE = "/api/v1/courses/11"
HERE = {"course_id": 11}

OF_COURSES = (
    row(
        "announcements.list",
        {"context_codes": ["course_11", "course_22"], "start_date": "2026-01-01", "end_date": "2026-12-31"},
        "GET /api/v1/announcements",
        "per_page=100",
        "context_codes[]=course_11",
        "context_codes[]=course_22",
        "start_date=2026-01-01",
        "end_date=2026-12-31",
        shows={"context_code": "course_22"},
        count=6,
    ),
    row(
        "assignments.list",
        {
            **HERE,
            "order_by": "position",
            "bucket": "upcoming",
            "include": ["all_dates", "overrides"],
            "override_assignment_dates": False,
        },
        f"GET {COURSE}/assignments",
        "per_page=100",
        "include[]=all_dates",
        "include[]=overrides",
        "bucket=upcoming",
        "order_by=position",
        "override_assignment_dates=false",
        shows={"course_id": 11},
        count=4,
    ),
    row(
        "assignments.get",
        {**HERE, "assignment_id": 5005, "override_assignment_dates": False},
        f"GET {COURSE}/assignments/5005",
        "override_assignment_dates=false",
        shows={"id": 5005, "due_at": "2026-05-11T09:00:00Z"},
    ),
    row(
        "calendar_events.list",
        {"context_codes": ["course_11"], "all_events": True},
        "GET /api/v1/calendar_events",
        "per_page=100",
        "type=event",
        "context_codes[]=course_11",
        "all_events=true",
        shows={"context_code": "course_11", "type": "event"},
        count=2,
    ),
    row(
        "calendar_events.list",
        {
            "context_codes": ["course_11", "course_22"],
            "undated": False,
            "start_date": "2020-01-01",
            "end_date": "2040-12-31",
        },
        "GET /api/v1/calendar_events",
        "per_page=100",
        "type=event",
        "context_codes[]=course_11",
        "context_codes[]=course_22",
        "undated=false",
        "start_date=2020-01-01",
        "end_date=2040-12-31",
        count=6,
    ),
    row("calendar_events.get", {"event_id": 2801}, "GET /api/v1/calendar_events/2801", shows={"title": "Field trip"}),
    row("discussion_topics.list", HERE, f"GET {COURSE}/discussion_topics", "per_page=100", count=2),
    row(
        "discussion_topics.list",
        {**HERE, "only_announcements": True, "order_by": "title", "scope": ["unlocked", "unpinned"]},
        f"GET {COURSE}/discussion_topics",
        "per_page=100",
        "only_announcements=true",
        "order_by=title",
        "scope=unlocked,unpinned",
        count=2,
    ),
    row(
        "discussion_topics.get",
        {**HERE, "topic_id": 1201},
        f"GET {COURSE}/discussion_topics/1201",
        shows={"id": 1201, "title": "Debate", "assignment_id": 5004},
    ),
    row(
        "modules.list",
        {**HERE, "include": ["items", "content_details"]},
        f"GET {COURSE}/modules",
        "per_page=100",
        "include[]=items",
        "include[]=content_details",
        shows={"id": 601, "name": "One", "items_count": 7},
        count=3,
    ),
    row("modules.get", {**HERE, "module_id": 602}, f"GET {COURSE}/modules/602", shows={"id": 602, "name": "Two"}),
    row(
        "modules.items",
        {**HERE, "module_id": 601},
        f"GET {COURSE}/modules/601/items",
        "per_page=100",
        shows={"id": 20001, "type": "SubHeader", "module_id": 601},
        count=7,
    ),
    row(
        "pages.list",
        {**HERE, "include": ["body"], "published": True, "sort": "title", "order": "asc"},
        f"GET {COURSE}/pages",
        "per_page=100",
        "include[]=body",
        "published=true",
        "sort=title",
        "order=asc",
        shows={"title": "Added since", "body": "<p>Later</p>"},
        count=3,
    ),
    row(
        "pages.get",
        {**HERE, "url_or_id": "week-1"},
        f"GET {COURSE}/pages/week-1",
        shows={"page_id": 302, "url": "week-1", "body": "<p>Read</p>"},
    ),
    row(
        "quiz_questions.list",
        {**HERE, "quiz_id": 701},
        f"GET {COURSE}/quizzes/701/questions",
        "per_page=100",
        shows={"quiz_id": 701},
        count=2,
    ),
    row(
        "quiz_questions.get",
        {**HERE, "quiz_id": 701, "question_id": 31001},
        f"GET {COURSE}/quizzes/701/questions/31001",
        shows={"id": 31001, "quiz_id": 701},
    ),
    row("quizzes.list", HERE, f"GET {COURSE}/quizzes", "per_page=100", shows={"id": 702}, count=2),
    row("quizzes.all", HERE, f"GET {COURSE}/all_quizzes", "per_page=100", count=3),
    row("quizzes.get", {**HERE, "quiz_id": 702}, f"GET {COURSE}/quizzes/702", shows={"id": 702, "title": "Practice"}),
)

WRITES = (
    row(
        "pages.update",
        {**HERE, "url_or_id": "week-1", "wiki_page": {"body": "<p>A &amp; B</p>", "notify_of_update": False}},
        f"PUT {COURSE}/pages/week-1",
        "wiki_page[body]=<p>A &amp; B</p>",
        "wiki_page[notify_of_update]=false",
        shows={"page_id": 302, "url": "week-1", "body": "<p>A &amp; B</p>"},
    ),
    row(
        "assignments.update",
        {**HERE, "assignment_id": 5005, "assignment": {"description": "<p>New</p>"}},
        f"PUT {COURSE}/assignments/5005",
        "assignment[description]=<p>New</p>",
        shows={"id": 5005, "description": "<p>New</p>", "due_at": "2026-05-11T09:00:00Z"},
    ),
    row(
        "discussion_topics.update",
        {**HERE, "topic_id": 1201, "title": "Dispute", "message": "<p>New</p>", "published": True},
        f"PUT {COURSE}/discussion_topics/1201",
        "title=Dispute",
        "message=<p>New</p>",
        "published=true",
        shows={"id": 1201, "title": "Dispute", "message": "<p>New</p>", "assignment_id": 5004},
    ),
    row(
        "quizzes.update",
        {**HERE, "quiz_id": 702, "quiz": {"description": "<p>New</p>", "notify_of_update": False}},
        f"PUT {COURSE}/quizzes/702",
        "quiz[description]=<p>New</p>",
        "quiz[notify_of_update]=false",
        shows={"id": 702, "description": "<p>New</p>", "version_number": 2},
    ),
    row(
        "calendar_events.update",
        {"event_id": 2801, "calendar_event": {"description": "<p>New</p>"}},
        "PUT /api/v1/calendar_events/2801",
        "calendar_event[description]=<p>New</p>",
        shows={"id": 2801, "description": "<p>New</p>"},
    ),
    row(
        "modules.item",
        {**HERE, "module_id": 601, "item_id": 20001, "include": ["content_details"]},
        f"GET {COURSE}/modules/601/items/20001",
        "include[]=content_details",
        shows={"id": 20001, "type": "SubHeader", "module_id": 601},
    ),
    row(
        "modules.update_item",
        {**HERE, "module_id": 601, "item_id": 20001, "module_item": {"title": "First"}},
        f"PUT {COURSE}/modules/601/items/20001",
        "module_item[title]=First",
        shows={"id": 20001, "title": "First"},
    ),
)


def owned(context: Mapping[str, Any], path: str, *, files: int, folders: int, root: int, below: str) -> tuple[Row, ...]:
    """Return what is the same for the files of courses, groups and users.

    :param context: The keyword that says whose they are.
    :param path: What that is in a path.
    :param files: How many there are.
    :param folders: How many folders there are.
    :param root: The folder that everything is in.
    :param below: The path of a folder within it.
    """
    return (
        row(
            "files.list",
            {**context, "sort": "size", "order": "desc", "exclude_content_types": ["video"]},
            f"GET {path}/files",
            "per_page=100",
            "exclude_content_types[]=video",
            "sort=size",
            "order=desc",
            shows={"upload_status": "success"},
            count=files,
        ),
        row("files.quota", context, f"GET {path}/files/quota"),
        row(
            "files.create",
            {**context, "name": "plan ü.txt", "size": 12, "parent_folder_path": "a/b", "on_duplicate": "rename"},
            f"POST {path}/files",
            "name=plan ü.txt",
            "size=12",
            "parent_folder_path=a/b",
            "on_duplicate=rename",
            shows={"file_param": "attachment[uploaded_data]"},
        ),
        row(
            "folders.by_path",
            {**context, "full_path": below},
            f"GET {path}/folders/by_path/{quote(below)}",
            shows={"id": root, "parent_folder_id": None},
            count=below.count("/") + 2,
        ),
        row("folders.list", context, f"GET {path}/folders", "per_page=100", shows={"id": root}, count=folders),
    )


FILES = (
    row(
        "files.list_in_folder",
        {"folder_id": 402, "content_types": ["application/pdf", "text"], "sort": "name", "order": "asc"},
        "GET /api/v1/folders/402/files",
        "per_page=100",
        "content_types[]=application/pdf",
        "content_types[]=text",
        "sort=name",
        "order=asc",
        shows={"id": 9001, "folder_id": 402},
        count=2,
    ),
    row(
        "files.get",
        {"file_id": 9001, "include": ["user"]},
        "GET /api/v1/files/9001",
        "include[]=user",
        shows={"id": 9001, "display_name": "a b.pdf", "filename": "a+b.pdf", "folder_id": 402},
    ),
    row("files.public_url", {"file_id": 9001}, "GET /api/v1/files/9001/public_url"),
    row(
        "files.create_in_folder",
        {"folder_id": 402, "name": "plan.txt", "size": 12, "content_type": "text/plain"},
        "POST /api/v1/folders/402/files",
        "name=plan.txt",
        "size=12",
        "content_type=text/plain",
        shows={"file_param": "attachment[uploaded_data]"},
    ),
    row(
        "folders.list_in_folder",
        {"folder_id": 402},
        "GET /api/v1/folders/402/folders",
        "per_page=100",
        shows={"id": 407, "name": "one", "parent_folder_id": 402},
        count=2,
    ),
    row(
        "folders.get",
        {"folder_id": 402},
        "GET /api/v1/folders/402",
        shows={"id": 402, "full_name": "course files/docs & co", "folders_count": 2},
    ),
)

ROWS = (
    *OF_COURSES,
    *WRITES,
    *owned({"course_id": 11}, COURSE, files=3, folders=4, root=401, below="docs & co/one"),
    *owned({"group_id": 5}, "/api/v1/groups/5", files=4, folders=3, root=403, below="notes"),
    *owned({"user_id": "self"}, "/api/v1/users/self", files=4, folders=3, root=405, below="notes"),
    *FILES,
)
