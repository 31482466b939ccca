"""What Canvas answers: one module a page of Canvas's API documentation, with its handlers, shapes and routes."""

from __future__ import annotations

from airflow_provider_canvas.emulator.pages import (
    announcements,
    assignments,
    content_migrations,
    courses,
    discussion_topics,
    files,
    migration_issues,
    modules,
    pages,
    progress,
    quizzes,
    users,
)

ROUTES = (
    *users.ROUTES,
    *courses.ROUTES,
    *content_migrations.ROUTES,
    *migration_issues.ROUTES,
    *progress.ROUTES,
    *announcements.ROUTES,
    *assignments.ROUTES,
    *discussion_topics.ROUTES,
    *files.ROUTES,
    *modules.ROUTES,
    *pages.ROUTES,
    *quizzes.ROUTES,
)
