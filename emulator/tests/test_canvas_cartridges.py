"""Test what is read from exports of Canvas that its own writer does not write, or that are damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    QuizQuestion,
    Rubric,
)
from tests.support.packages import CANVAS, COMMON, Imported, assessment, lti_link, manifest, question, resource, zipped

LEARNING = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
EXPORT_FILE = resource("settings", LEARNING, href="course_settings/canvas_export.txt")
NAMESPACE = 'xmlns="http://canvas.instructure.com/xsd/cccv1p0"'
TOOL_ISSUE = 'The account External Tool for module item "{}" must be configured before the item can be launched'


def canvas(resources: str = "", files: dict[str, str] | None = None, **more: Any) -> Imported:
    """Return a course with an export of Canvas imported."""
    written = {"imsmanifest.xml": manifest(EXPORT_FILE + resources), "course_settings/canvas_export.txt": "x"}
    return Imported(zipped(written | (files or {})), **more)


def settings(**documents: str) -> dict[str, str]:
    """Return documents of the course's settings, by name."""
    return {f"course_settings/{name}.xml": text for name, text in documents.items()}


def page(key: str, title: str, body: str = "<p>x</p>", **metas: str) -> str:
    """Return a page."""
    named = {"identifier": key, "workflow_state": "active"} | metas
    written = "".join(f'<meta name="{name}" content="{value}"/>\n' for name, value in named.items())
    return f"<html>\n<head>\n<title>{title}</title>\n{written}</head>\n<body>\n{body}\n</body>\n</html>"


class TestAssignments:
    @pytest.mark.parametrize(
        ("inside", "points", "submission_types", "published"),
        [
            ("<grading_type>points</grading_type><points_possible>5.0</points_possible>", 5.0, ("none",), True),
            ("<points_possible>10</points_possible>", None, ("none",), True),
            ("<submission_types>n/a</submission_types>", None, ("n/a",), True),
            (
                "<submission_types>online_url,online_upload</submission_types>",
                None,
                ("online_url", "online_upload"),
                True,
            ),
            ("<workflow_state>unpublished</workflow_state>", None, ("none",), False),
            ("<workflow_state>active</workflow_state>", None, ("none",), True),
            ("<due_at/><position/><points_possible></points_possible><peer_reviews/>", None, ("none",), True),
            ("<due_at>yesterday</due_at><position>x</position>", None, ("none",), True),
        ],
    )
    def test_fields(
        self, inside: str, points: float | None, submission_types: tuple[str, ...], published: bool
    ) -> None:
        """Points count with a grading type only, and what is empty or cannot be read is left out."""
        files = {
            "a/a.html": "<html><head><title>Assignment: A</title></head><body><p>Do it</p></body></html>",
            "a/assignment_settings.xml": (
                f'<assignment identifier="a" {NAMESPACE}><title>A</title>{inside}</assignment>'
            ),
        }
        imported = canvas(resource("a", LEARNING, "a/a.html", "a/assignment_settings.xml", href="a/a.html"), files)
        (row,) = imported.rows(Assignment)
        assert (row.title, row.description, row.points_possible) == ("A", "<p>Do it</p>", points)
        assert (row.submission_types, row.published, row.due_at) == (submission_types, published, None)
        assert [group.title for group in imported.rows(AssignmentGroup)] == ["Assignments", "Imported Assignments"]
        assert not imported.issues()

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-12-06T23:00:00", datetime(2026, 12, 6, 23, tzinfo=UTC)),
            ("2026-12-06T23:00:00Z", datetime(2026, 12, 6, 23, tzinfo=UTC)),
            ("2026-12-06T23:00:00-07:00", datetime(2026, 12, 7, 6, tzinfo=UTC)),
            ("2026-12-06 23:00:00 UTC", datetime(2026, 12, 6, 23, tzinfo=UTC)),
            ("1396299540000", datetime(2014, 3, 31, 20, 59, tzinfo=UTC)),
            ("", None),
        ],
    )
    def test_times(self, text: str, expected: datetime | None) -> None:
        """A time without an offset is in UTC, and so is one with the word; a number counts milliseconds."""
        source = f'<assignment identifier="a"><title>A</title><due_at>{text}</due_at></assignment>'
        imported = canvas(resource("a", LEARNING, "a/assignment_settings.xml"), {"a/assignment_settings.xml": source})
        assert [row.due_at for row in imported.rows(Assignment)] == [expected]

    def test_groups(self) -> None:
        """Groups have weights, and one of the name of a group that is there is that group."""
        groups = f"""<assignmentGroups {NAMESPACE}>
          <assignmentGroup identifier="g1"><title>Assignments</title><position>1</position>
          <group_weight>30.0</group_weight>
          </assignmentGroup><assignmentGroup identifier="g2"><title>Essays</title><position/><group_weight/><rules/>
          </assignmentGroup></assignmentGroups>"""
        assignment = """<assignment identifier="a"><title>A</title>
          <assignment_group_identifierref>g2</assignment_group_identifierref></assignment>"""
        imported = canvas(
            resource("a", LEARNING, "a/assignment_settings.xml"),
            settings(assignment_groups=groups) | {"a/assignment_settings.xml": assignment},
        )
        groups_there = imported.rows(AssignmentGroup)
        assert [(row.title, row.group_weight) for row in groups_there] == [("Assignments", 30.0), ("Essays", 0.0)]
        assert imported.rows(Assignment)[0].assignment_group_id == groups_there[1].id


def quiz_meta(key: str, inside: str) -> dict[str, str]:
    """Return Canvas's settings of a quiz."""
    return {
        f"{key}/assessment_meta.xml": f'<quiz identifier="{key}" {NAMESPACE}><title>The quiz</title>{inside}</quiz>'
    }


def quiz_resources(key: str) -> str:
    """Return the resources of a quiz."""
    return resource(
        key,
        "imsqti_xmlv1p2/imscc_xmlv1p1/assessment",
        f"{key}/assessment_qti.xml",
        inside='<dependency identifierref="meta"/>',
    ) + resource("meta", LEARNING, f"{key}/assessment_meta.xml", f"non_cc_assessments/{key}.xml.qti")


GROUP = """<section ident="s" title="Pick"><selection_ordering><selection><selection_number>1</selection_number>
 <selection_extension><points_per_item>4.0</points_per_item></selection_extension></selection></selection_ordering>{}
 </section>"""
OF_BANK = """<section ident="s"><selection_ordering><selection><sourcebank_ref>bank</sourcebank_ref>
 <selection_number>2</selection_number><selection_extension><points_per_item>3.0</points_per_item>
 </selection_extension></selection></selection_ordering></section>"""


class TestQuizzes:
    def test_quiz_with_all_parts(self) -> None:
        """A quiz has its settings, its questions of all types, its groups and its assignment."""
        questions = (
            question("q1", "One", {"1": "a", "2": "b"}, ["1"], question_type="multiple_choice_question"),
            question("q2", "Two", {}, question_type="file_upload_question", points_possible="5.0"),
            question("q3", "Three", {}, question_type="text_only_question", points_possible="0.0"),
            GROUP.format(question("q4", "Four", {}, ["x"], question_type="short_answer_question")),
        )
        inside = """<description>&lt;p&gt;Go&lt;/p&gt;</description><due_at>2026-12-04T23:00:00</due_at>
          <hide_results></hide_results><quiz_type>assignment</quiz_type><points_possible>10.0</points_possible>
          <time_limit>30</time_limit><allowed_attempts>2</allowed_attempts><available>true</available>
          <assignment identifier="shell"><title>The quiz</title><grading_type>points</grading_type>
          <points_possible>10.0</points_possible><workflow_state>published</workflow_state>
          <due_at>2026-12-04T23:00:00</due_at></assignment>"""
        files = {"non_cc_assessments/k.xml.qti": assessment("k", "x", *questions), **quiz_meta("k", inside)}
        imported = canvas(quiz_resources("k"), files)
        (quiz,), (shell,) = imported.rows(Quiz), imported.rows(Assignment)
        assert (quiz.title, quiz.description, quiz.published, quiz.hide_results) == (
            "The quiz",
            "<p>Go</p>",
            True,
            None,
        )
        assert (quiz.points_possible, quiz.question_count, quiz.time_limit, quiz.allowed_attempts) == (10.0, 3, 30, 2)
        assert (shell.title, shell.quiz_id, shell.published, shell.points_possible) == ("The quiz", quiz.id, True, 10.0)
        assert quiz.assignment_id == shell.id
        assert quiz.due_at == shell.due_at == datetime(2026, 12, 4, 23, tzinfo=UTC)
        assert len(imported.rows(QuizQuestion)) == 4
        assert not imported.rows(QuestionBank)

    def test_quiz_of_a_bank(self) -> None:
        """A group that picks from a bank counts, though the quiz has no question of its own."""
        bank = f"""<questestinterop><objectbank ident="bank"><qtimetadata><qtimetadatafield>
          <fieldlabel>bank_title</fieldlabel><fieldentry>Unfiled Questions</fieldentry></qtimetadatafield></qtimetadata>
          {question("b1", "One", {}, ["x"])}{question("b2", "Two", {}, ["y"])}</objectbank></questestinterop>"""
        files = {
            "non_cc_assessments/k.xml.qti": assessment("k", "x", OF_BANK),
            "non_cc_assessments/bank.xml.qti": bank,
            **quiz_meta("k", "<quiz_type>practice_quiz</quiz_type><available>false</available>"),
        }
        imported = canvas(quiz_resources("k"), files)
        (quiz,) = imported.rows(Quiz)
        assert (quiz.quiz_type, quiz.published, quiz.question_count, quiz.points_possible) == (
            "practice_quiz",
            False,
            2,
            6.0,
        )
        assert [row.title for row in imported.rows(QuestionBank)] == ["Unfiled Questions"]
        assert not imported.rows(Assignment)

    @pytest.mark.parametrize("name", ["k/assessment_qti.xml", "non_cc_assessments/k.xml.qti"])
    def test_either_document_of_a_quiz(self, name: str) -> None:
        """A quiz is read from Canvas's own document, or from that of the standard if there is no other."""
        files = {name: assessment("k", "Standard", question("q", "One", {}, ["x"]))}
        assert canvas(quiz_resources("k"), files).titles()["quizzes"] == ["Standard"]

    def test_banks_by_migration_type(self) -> None:
        """Imported by another type, the questions of each quiz have a bank."""
        files = {"non_cc_assessments/k.xml.qti": assessment("k", "Quiz", question("q", "One", {}, ["x"]))}
        for migration_type, banks in ((CANVAS, []), (COMMON, ["Quiz"])):
            imported = canvas(quiz_resources("k"), files, migration_type=migration_type)
            assert [row.title for row in imported.rows(QuestionBank)] == banks

    def test_assignments_with_the_same_identifier(self) -> None:
        """Two quizzes whose assignments have one identifier have an assignment each."""
        inside = '<quiz_type>assignment</quiz_type><assignment identifier="same"><title>The quiz</title></assignment>'
        files = {f"non_cc_assessments/{key}.xml.qti": assessment(key, key) for key in "kl"}
        imported = canvas(
            quiz_resources("k") + quiz_resources("l"), files | quiz_meta("k", inside) | quiz_meta("l", inside)
        )
        assert {row.quiz_id for row in imported.rows(Assignment)} == {row.id for row in imported.rows(Quiz)}


def test_topics_and_announcements() -> None:
    """The settings of a topic are in a resource that it depends on; they tell announcements from discussions."""

    def topic(key: str, inside: str) -> tuple[str, dict[str, str]]:
        resources = resource(
            key, "imsdt_xmlv1p1", f"{key}.xml", inside=f'<dependency identifierref="{key}m"/>'
        ) + resource(f"{key}m", LEARNING, f"{key}m.xml", href=f"{key}m.xml")
        return resources, {
            f"{key}.xml": f"<topic><title>{key}</title><text>&lt;p&gt;{key}&lt;/p&gt;</text></topic>",
            f"{key}m.xml": f'<topicMeta identifier="{key}m" {NAMESPACE}><topic_id>{key}</topic_id>'
            f"<title>{key}</title><position/><todo_date/>{inside}</topicMeta>",
        }

    parts = (
        topic("plain", "<type>topic</type><workflow_state>active</workflow_state>"),
        topic("news", "<type>announcement</type><delayed_post_at>2026-12-19T12:00:00</delayed_post_at>"),
        topic("hidden", "<type>topic</type><workflow_state>unpublished</workflow_state>"),
        topic(
            "graded",
            '<type>topic</type><assignment identifier="a"><title>graded</title><grading_type>points</grading_type>'
            "<points_possible>10.0</points_possible><submission_types>discussion_topic</submission_types></assignment>",
        ),
    )
    imported = canvas(
        "".join(part[0] for part in parts), {name: text for part in parts for name, text in part[1].items()}
    )
    assert {(row.title, row.published) for row in imported.rows(DiscussionTopic)} == {
        ("plain", True),
        ("hidden", False),
        ("graded", True),
    }
    (news,), (shell,) = imported.rows(Announcement), imported.rows(Assignment)
    assert (news.title, news.message) == ("news", "<p>news</p>")
    assert news.delayed_post_at == datetime(2026, 12, 19, 12, tzinfo=UTC)
    graded = next(row for row in imported.rows(DiscussionTopic) if row.title == "graded")
    assert (shell.discussion_topic_id, graded.assignment_id) == (graded.id, shell.id)
    assert (shell.description, shell.points_possible) == ("<p>graded</p>", 10.0)


MODULE = f"""<modules {NAMESPACE}><module identifier="m1"><title>One</title><workflow_state>unpublished</workflow_state>
 <position>1</position><unlock_at>2026-12-13T06:00:00</unlock_at>
 <require_sequential_progress>true</require_sequential_progress><items>
 <item identifier="i1"><content_type>ContextModuleSubHeader</content_type><title>Head</title><position>1</position>
  <workflow_state>unpublished</workflow_state><new_tab/><indent>1</indent></item>
 <item identifier="i2"><content_type>WikiPage</content_type><title>Other title</title><identifierref>p</identifierref>
  <position>2</position></item>
 <item identifier="i3"><content_type>Attachment</content_type><title>File title</title>
    <identifierref>f</identifierref></item>
 <item identifier="i4"><content_type>ExternalUrl</content_type><title>Go</title><identifierref>i4</identifierref>
  <url>https://x.example/</url><new_tab>true</new_tab></item>
 <item identifier="i5"><content_type>ContextExternalTool</content_type><title>Tool</title>
    <identifierref>t</identifierref>
  <url>https://tool.example/1</url></item>
 <item identifier="i6"><content_type>ContextExternalTool</content_type><title>Account tool</title>
  <identifierref>gone</identifierref><global_identifierref>138</global_identifierref><url>https://y.example/</url></item>
 <item identifier="i7"><content_type>Assignment</content_type><title>Gone</title>
    <identifierref>gone</identifierref></item>
 <item identifier="i8"><content_type>Unheard::Of</content_type><title>Odd</title></item>
 <item identifier="i9"><content_type>ExternalUrl</content_type><title>No address</title><url/></item></items>
 <completionRequirements><completionRequirement type="min_score"><min_score>5.0</min_score>
 <identifierref>i2</identifierref></completionRequirement></completionRequirements></module>
 <module identifier="m2"><title>Two</title><position/><prerequisites><prerequisite type="context_module">
 <title>One</title><identifierref>m1</identifierref></prerequisite></prerequisites></module></modules>"""


def test_modules() -> None:
    """Items show what came along, under its title; an item whose content is missing is left out."""
    resources = (
        resource("p", "webcontent", "wiki_content/p.html", href="wiki_content/p.html")
        + resource("f", "webcontent", "web_resources/f.txt", href="web_resources/f.txt")
        + resource("t", "imsbasiclti_xmlv1p0", "t.xml")
    )
    files = settings(module_meta=MODULE) | {
        "wiki_content/p.html": page("p", "The page", workflow_state="unpublished"),
        "web_resources/f.txt": "f",
        "t.xml": lti_link("Tool", "https://tool.example/launch", privacy_level="public"),
    }
    imported = canvas(resources, files)
    one, two = imported.rows(Module)
    assert (one.published, one.require_sequential_progress, one.unlock_at) == (
        False,
        True,
        datetime(2026, 12, 13, 6, tzinfo=UTC),
    )
    assert two.prerequisite_module_ids == (one.id,)
    items = imported.rows(ModuleItem)
    assert [(row.type, row.title, row.indent, row.published) for row in items] == [
        ("SubHeader", "Head", 1, False),
        ("Page", "The page", 0, False),
        ("File", "File title", 0, True),
        ("ExternalUrl", "Go", 0, True),
        ("ExternalTool", "Tool", 0, True),
        ("ExternalTool", "Account tool", 0, True),
    ]
    assert (items[1].completion_requirement, items[1].min_score) == ("min_score", 5.0)
    (tool,) = imported.rows(ExternalTool)
    assert [row.content_id for row in items[4:]] == [tool.id, None]
    assert sorted(imported.warnings()) == [
        TOOL_ISSUE.format("Account tool"),
        'The security parameters for the external tool "Tool" need to be set in Course Settings.',
    ]


def test_announcement_in_a_module() -> None:
    """An item that shows an announcement is left out with a warning."""
    meta = f'<topicMeta identifier="nm" {NAMESPACE}><title>News</title><type>announcement</type></topicMeta>'
    resources = resource("n", "imsdt_xmlv1p1", "n.xml", inside='<dependency identifierref="nm"/>') + resource(
        "nm", LEARNING, "nm.xml"
    )
    module = """<modules><module identifier="m"><title>M</title><items><item identifier="i">
      <content_type>DiscussionTopic</content_type><title>News</title><identifierref>n</identifierref></item></items></module>
      </modules>"""
    files = {"n.xml": "<topic><title>News</title><text/></topic>", "nm.xml": meta} | settings(module_meta=module)
    imported = canvas(resources, files)
    assert not imported.rows(ModuleItem)
    assert imported.warnings() == ['The announcement "News" could not be linked to the module "M"']


def test_files_and_folders() -> None:
    """All files of their folder are imported, with names, states and dates; the last identifier of a path counts."""
    meta = f"""<fileMeta {NAMESPACE}><folders><folder path="Hidden"><hidden>true</hidden></folder>
      <folder path="Locked/deep"><locked>true</locked></folder></folders><files>
      <file identifier="b"><display_name>Shown as.txt</display_name><locked>true</locked>
      <unlock_at>2026-12-04T12:00:00</unlock_at><lock_at/></file>
      <file identifier="c"><hidden>true</hidden></file></files></fileMeta>"""
    resources = (
        resource("a", "webcontent", "web_resources/x.txt", href="web_resources/x.txt")
        + resource("b", "webcontent", "web_resources/x.txt", href="web_resources/x.txt")
        + resource("c", "webcontent", "web_resources/Hidden/y.txt", href="web_resources/Hidden/y.txt")
        + resource("d", "webcontent", "web_resources/gone.mp3", href="web_resources/gone.mp3")
    )
    files = settings(files_meta=meta) | {
        "web_resources/x.txt": "x",
        "web_resources/Hidden/y.txt": "y",
        "web_resources/Locked/deep/unlisted.txt": "z",
    }
    imported = canvas(resources, files)
    shown = {row.title: row for row in imported.rows(File)}
    assert set(shown) == {"Shown as.txt", "y.txt", "unlisted.txt"}
    assert (shown["Shown as.txt"].migration_id, shown["Shown as.txt"].locked) == ("b", True)
    assert shown["Shown as.txt"].unlock_at == datetime(2026, 12, 4, 12, tzinfo=UTC)
    assert (shown["y.txt"].hidden, shown["unlisted.txt"].hidden) == (True, False)
    assert {(row.full_name, row.hidden, row.locked) for row in imported.rows(Folder)} == {
        ("course files", False, False),
        ("course files/Hidden", True, False),
        ("course files/Locked", False, False),
        ("course files/Locked/deep", False, True),
    }


def test_pages() -> None:
    """All pages of their folder are imported under the names of their files, whatever the manifest has."""
    files = {
        "wiki_content/home-page.html": page(
            "p1", "Home &amp; more ", front_page="true", editing_roles="teachers,students"
        ),
        "wiki_content/other-slug.html": page("p2", "Second", workflow_state="unpublished"),
        "wiki_content/bare.html": "<p>no head</p>",
        "wiki_content/notes.txt": "no page",
    }
    imported = canvas(files=files)
    assert [(row.title, row.url, row.published, row.front_page) for row in imported.rows(Page)] == [
        ("Home & more ", "home-page", True, True),
        ("Second", "other-slug", False, False),
        ("bare", "bare", True, False),
    ]
    assert imported.rows(Page)[2].body == "<p>no head</p>"


def test_course() -> None:
    """The settings and the syllabus of the course are imported, but not its name and dates."""
    course = f"""<course identifier="c" {NAMESPACE}><title>Other</title><course_code>O</course_code>
      <start_at>2026-10-15T06:00:00</start_at><conclude_at>2027-02-12T06:00:00</conclude_at><license>cc_by</license>
      <is_public>true</is_public><default_view>syllabus</default_view><hide_final_grade>true</hide_final_grade>
      <group_weighting_scheme>percent</group_weighting_scheme><home_page_announcement_limit>5</home_page_announcement_limit>
      <allow_student_wiki_edits>true</allow_student_wiki_edits><storage_quota/></course>"""
    files = settings(course_settings=course) | {"course_settings/syllabus.html": page("s", "Syllabus", "<p>Hello</p>")}
    imported = canvas(files=files)
    row = imported.course
    assert (row.name, row.start_at, row.end_at) == ("Destination", None, None)
    assert (row.license, row.is_public, row.default_view, row.syllabus_body) == (
        "cc_by",
        True,
        "syllabus",
        "<p>Hello</p>",
    )
    options = row.settings
    assert (options.hide_final_grades, options.apply_assignment_group_weights, options.allow_student_wiki_edits) == (
        True,
        True,
        True,
    )
    assert options.home_page_announcement_limit == 5


def test_settings_that_are_not_there_stay() -> None:
    """Settings that a package does not have keep their values."""
    course = canvas(files=settings(course_settings="<course><title>Only a title</title></course>")).course
    assert (course.license, course.is_public, course.default_view) == (None, None, "modules")


def test_outcomes() -> None:
    """Outcomes are in their groups, and these below the root, which has the name of the course."""
    outcome = (
        '<learningOutcome identifier="{0}"><title>{0}</title><points_possible>5.0</points_possible></learningOutcome>'
    )
    group = (
        '<learningOutcomeGroup identifier="{0}"><title>{0}</title><learningOutcomes>{1}</learningOutcomes>'
        "</learningOutcomeGroup>"
    )
    text = group.format("outer", outcome.format("o1") + group.format("inner", outcome.format("o2"))) + outcome.format(
        "o3"
    )
    imported = canvas(files=settings(learning_outcomes=f"<learningOutcomes {NAMESPACE}>{text}</learningOutcomes>"))
    groups = {row.id: row for row in imported.rows(LearningOutcomeGroup)}
    above = {row.title: groups[row.outcome_group_id].title for row in imported.rows(LearningOutcome)}
    assert above == {"o1": "outer", "o2": "inner", "o3": "Destination"}
    parents = {row.title: row.parent_outcome_group_id for row in groups.values()}
    roots = {row.id for row in groups.values() if row.is_root}
    assert parents["outer"] in roots
    assert parents["Destination"] is None
    assert len(groups) == 3


def test_rubrics_and_events() -> None:
    """Rubrics have criteria with points, which may be missing, and events times, which may be missing, too."""
    rubrics = """<rubrics><rubric identifier="r"><title>Essay</title><points_possible>15.0</points_possible><criteria>
      <criterion><points>10.0</points><description>Clarity</description></criterion>
      <criterion><description>Form</description></criterion></criteria></rubric>
      <rubric identifier="r2"><title>Empty</title></rubric></rubrics>"""
    events = """<events><event identifier="e"><title>Trip</title><description>x</description>
      <start_at>2026-12-02T09:00:00</start_at></event>
      <event identifier="e2"><title>Some day</title><description/></event>
      </events>"""
    imported = canvas(files=settings(rubrics=rubrics, events=events))
    assert [(row.title, row.points_possible, row.criteria) for row in imported.rows(Rubric)] == [
        ("Essay", 15.0, ("Clarity: 10", "Form: 0")),
        ("Empty", 0.0, ()),
    ]
    assert [(row.title, row.start_at) for row in imported.rows(CalendarEvent)] == [
        ("Trip", datetime(2026, 12, 2, 9, tzinfo=UTC)),
        ("Some day", None),
    ]


def test_tools() -> None:
    """Tools have an address or a domain, a level of privacy and, with a key, no warning."""
    links = {
        "a": lti_link("By address", "https://tool.example/launch"),
        "b": lti_link("By domain", domain="tool.example", privacy_level="anonymous"),
        "c": lti_link("With a key", "https://k.example/", consumer_key="key", shared_secret="secret"),
        "d": "<other/>",
    }
    resources = "".join(resource(key, "imsbasiclti_xmlv1p0", f"{key}.xml") for key in links)
    imported = canvas(resources, {f"{key}.xml": text for key, text in links.items()})
    assert [(row.title, row.url, row.domain, row.privacy_level) for row in imported.rows(ExternalTool)] == [
        ("By address", "https://tool.example/launch", None, "name_only"),
        ("By domain", "", "tool.example", "anonymous"),
        ("With a key", "https://k.example/", None, "name_only"),
    ]
    assert len(imported.warnings()) == 2


def test_rows_of_several_kinds_with_one_identifier() -> None:
    """Rows of several kinds may have the same identifier, and each is found by its kind."""
    module = """<modules><module identifier="same"><title>M</title><items><item identifier="same">
      <content_type>Attachment</content_type><title>F</title><identifierref>same</identifierref></item></items></module>
      </modules>"""
    files = settings(module_meta=module) | {"web_resources/f.txt": "f"}
    data = canvas(resource("same", "webcontent", "web_resources/f.txt", href="web_resources/f.txt"), files)
    (file,), (item,) = data.rows(File), data.rows(ModuleItem)
    assert (item.type, item.content_id) == ("File", file.id)
