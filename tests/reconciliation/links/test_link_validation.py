"""Canvas's own link validation is compared with what was found, place by place."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.reconciliation.links import Shards, Witness, with_link_validation
from airflow_provider_canvas.reconciliation.links.migration_keys import migration_key
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from tests.reconciliation.links.course_pair import COPY, find, listings, mapping

SHARDS = Shards(mapping(), "14", COPY)

HTML = (
    '<a href="https://canvas.example/courses/14/pages/home">x</a><a href="/courses/852/pages/never-was">x</a>'
    '<img src="/courses/852/files/77/preview?verifier=V"><a href="https://gone.example/">x</a><a href="https://gone.example/">y</a>'
)


def issue(kind, place, *links, name="Links of every form"):
    """Return an issue as Canvas has it."""
    invalid = [{"url": url, "reason": reason, "link_text": "text"} for url, reason in links]
    return {"name": name, "type": kind, "content_url": place, "invalid_links": invalid}


def validated(*issues, html=HTML, **changed):
    """Return the links of a course with what Canvas said, as problem, address and witness."""
    destination = listings(COPY, html, **changed)
    results = {"workflow_state": "completed", "results": {"issues": list(issues), "completed_at": "x", "version": 2}}
    return with_link_validation(
        find("", destination=destination),
        results,
        destination=destination,
        destination_course_id=COPY,
        shards=SHARDS,
    )


def test_agreements_and_disagreements():
    """Canvas agrees with the links that it names in the place, is silent about others, and may name further ones."""
    links = validated(
        issue(
            "wiki_page",
            "/courses/852/pages/links",
            ("/courses/14/pages/home", "course_mismatch"),
            ("https://gone.example/", "unreachable"),
            ("https://gone.example/", "unreachable"),
        ),
        issue("wiki_page", "/courses/852/pages/home", ("/courses/852/pages/never-was", "missing_item"), name="Home"),
    )
    assert [(str(link.problem), link.url, str(link.witness), link.ordinal) for link in links] == [
        ("points_to_source", "https://canvas.example/courses/14/pages/home", "canvas_agrees", 0),
        ("target_missing", "/courses/852/pages/never-was", "canvas_silent", 1),
        ("target_missing", "/courses/852/files/77/preview", "canvas_silent", 2),
        ("target_missing", "https://gone.example/", "canvas_only", 3),
        ("target_missing", "https://gone.example/", "canvas_only", 4),
        ("target_missing", "/courses/852/pages/never-was", "canvas_only", 0),
    ]
    assert len({link.key for link in links}) == len(links)
    assert {link.right_url for link in links if link.witness is Witness.CANVAS_ONLY} == {None}


@pytest.mark.parametrize(
    ("kind", "place", "changed", "expected"),
    [
        (
            "assignment",
            "/courses/852/assignments/6",
            {"assignments": [{"id": 6, "name": "A", "description": HTML}]},
            ("assignments", "6"),
        ),
        (
            "discussion_topic",
            "/courses/852/discussion_topics/6",
            {"announcements": [{"id": 6, "title": "A", "message": HTML}]},
            ("announcements", "6"),
        ),
        (
            "quiz",
            "/courses/852/quizzes/6",
            {"quizzes": [{"id": 6, "title": "A", "description": HTML}]},
            ("quizzes", "6"),
        ),
        (
            "quiz_question",
            "/courses/852/quizzes/6/take?preview_question_id=1#question_5",
            {"quiz_questions": [{"id": 5, "quiz_id": 6, "question_text": HTML}]},
            ("quiz_questions", "5"),
        ),
        (
            "calendar_event",
            "/courses/852/calendar_events/6",
            {"calendar_events": [{"id": 6, "title": "A", "description": HTML}]},
            ("calendar_events", "6"),
        ),
        (
            "syllabus",
            "/courses/852/assignments/syllabus",
            {"course": [{"id": 852, "syllabus_body": HTML}]},
            ("syllabus", "852"),
        ),
        (
            "module",
            "/courses/852/modules",
            {"module_items": [{"id": 6, "type": "ExternalUrl", "external_url": "/courses/14/pages/home"}]},
            ("module_items", "6"),
        ),
    ],
)
def test_each_type_of_place(kind, place, changed, expected):
    """The places of Canvas's issues are those of the listings, by id, or by the only place of their type."""
    links = validated(issue(kind, place, ("/courses/14/pages/home", "course_mismatch")), html="", **changed)
    agreed = [(link.place_type, link.place_id) for link in links if link.witness is Witness.CANVAS_AGREES]
    assert agreed == [expected]
    assert not [link for link in links if link.witness is Witness.CANVAS_ONLY]


@pytest.mark.parametrize(
    "results",
    [None, {}, [], [{}], {"workflow_state": "running"}, {"results": {"error_report_id": 1}}, {"results": None}, "x"],
)
def test_no_results(results):
    """Without results, nothing is known about any link."""
    found = find(HTML)
    destination = listings(COPY, HTML)
    validated = with_link_validation(found, results, destination=destination, destination_course_id=COPY, shards=SHARDS)
    assert validated == found


def test_issues_of_other_places():
    """Question banks and the picture of a course are no places of links; malformed issues are skipped."""
    links = validated(
        issue("assessment_question", "/courses/852/question_banks/1#question_2", ("/courses/14", "course_mismatch")),
        issue("course_card_image", "/courses/852/settings", ("/x", "unreachable")),
        {"type": "wiki_page"},
        {"invalid_links": [{}]},
        html="",
    )
    assert links == []


def test_false_alarms():
    """That Canvas names a link to the course itself by its global id, or to an allowed course, makes no row."""
    html = '<a href="/courses/1~852/pages/home">x</a><a href="/courses/640/pages/x">x</a><a href="/courses/641">x</a>'
    destination = listings(COPY, html)
    urls = ("/courses/1~852/pages/home", "/courses/640/pages/x", "/courses/641")
    named = issue("wiki_page", "/courses/852/pages/links", *((url, "course_mismatch") for url in urls))
    allowed = ["640"]
    links = with_link_validation(
        find("", destination=destination, allowed_course_ids=allowed),
        {"issues": [named]},
        destination=destination,
        destination_course_id=COPY,
        shards=SHARDS,
        allowed_course_ids=allowed,
    )
    assert [(link.url, str(link.witness)) for link in links] == [("/courses/641", "canvas_agrees")]


@pytest.mark.parametrize(("home", "alarms"), [(1, ["/courses/2~852"]), (2, ["/courses/1~852"])])
def test_false_alarms_by_shard(home, alarms):
    """Only an id that names the home shard is that of the course; the same number elsewhere is another course."""
    urls = ["/courses/1~852", "/courses/2~852"]
    key = migration_key("assignments", "2", home)
    pairs = {"assignments": {"2": "1339", key: {"source": {"id": "2"}, "destination": {"id": "1339"}}}}
    shards = Shards(AssetMap.parse(pairs, "14", COPY), "14", COPY)
    destination = listings(COPY, "".join(f'<a href="{url}">x</a>' for url in urls))
    named = issue("wiki_page", "/courses/852/pages/links", *((url, "course_mismatch") for url in urls))
    links = with_link_validation(
        [], {"issues": [named]}, destination=destination, destination_course_id=COPY, shards=shards
    )
    assert [(link.url, str(link.witness)) for link in links] == [(url, "canvas_only") for url in alarms]
