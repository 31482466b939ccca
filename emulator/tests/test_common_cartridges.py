"""Test what Canvas makes of cartridges of other systems."""

from __future__ import annotations

import pytest

from canvas_emulator.model.content import (
    Assignment,
    AssignmentGroup,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    Module,
    ModuleItem,
    QuestionBank,
    Quiz,
    QuizQuestion,
)
from tests.support.packages import (
    CANVAS,
    COMMON,
    Imported,
    assessment,
    item,
    lti_link,
    manifest,
    question,
    resource,
    topic,
    web_link,
    zipped,
)

INSTRUCTOR = (
    "<metadata><lom:lom><lom:educational><lom:intendedEndUserRole><lom:source>IMSGLC_CC_Rolesv1p1</lom:source>"
    "<lom:value>Instructor</lom:value></lom:intendedEndUserRole></lom:educational></lom:lom></metadata>"
)
SECURITY = 'The security parameters for the external tool "{}" need to be set in Course Settings.'
NO_TYPE = (
    "There was an error exporting an assessment question - No question type used when trying to parse a qti question"
)
PATTERN = (
    "This package includes the question type, Pattern Match, which is not compatible with Canvas. "
    "We have converted the question type to Fill in the Blank"
)


def versions(name: str) -> list[str]:
    """Return the names of a type of resource in all versions of the standard."""
    return [f"{name}_xmlv1p{minor}" for minor in range(4)]


QUESTIONS = (
    question("a", "One", {"x": "2", "y": "3"}, ["x"], cc_profile="cc.multiple_choice.v0p1", cc_weighting="2"),
    question("b", "Two", {"t": "True", "f": "False"}, ["t"], cc_profile="cc.true_false.v0p1"),
    question("c", "Three", {"x": "1", "y": "2", "z": "3"}, ["x", "y"], cc_profile="cc.multiple_response.v0p1"),
    question("d", "Four", {}, ["blue", "azure"], cc_profile="cc.fib.v0p1"),
    question("e", "Five", {}, cc_profile="cc.essay.v0p1"),
    question("f", "Six", {}, ["b*e"], cc_profile="cc.pattern_match.v0p1"),
)
PRETEST = assessment("ident", "Pretest", *QUESTIONS, cc_profile="cc.exam.v0p1", cc_maxattempts="2", qmd_timelimit="120")
BANK = f'<questestinterop><objectbank ident="QDB_1">{"".join(QUESTIONS)}</objectbank></questestinterop>'


class TestModules:
    """The organization."""

    @pytest.mark.parametrize("minor", range(4))
    def test_all_kinds_of_items(self, minor: int) -> None:
        """Folders become modules, and items show their resources, in each version of the standard."""
        folder = item(
            "week",
            "Week",
            inside=item("i1", "Read", "RF")
            + item("i2", "Talk", "RT")
            + item("i3", "Go", "RL")
            + item("h", "Heading", inside=item("i4", "Test", "RQ"))
            + item("i5", "Tool", "RB")
            + item("i6", "Gone", "nothing"),
        )
        resources = (
            resource("RF", "webcontent", "texts/a.pdf", href="texts/a.pdf")
            + resource("RT", f"imsdt_xmlv1p{minor}", "t.xml")
            + resource("RL", f"imswl_xmlv1p{minor}", "l.xml")
            + resource("RQ", f"imsqti_xmlv1p2/imscc_xmlv1p{minor}/assessment", "q.xml")
            + resource("RB", "imsbasiclti_xmlv1p0", "b.xml")
        )
        files = {
            "imsmanifest.xml": manifest(resources, folder, version=f"1.{minor}.0"),
            "texts/a.pdf": "%PDF",
            "t.xml": topic("The topic's own title"),
            "l.xml": web_link("Elsewhere", "https://vendor.example/"),
            "q.xml": PRETEST,
            "b.xml": lti_link("A tool", "https://tool.example/launch"),
        }
        imported = Imported(zipped(files), COMMON)
        assert imported.titles() == {
            "folders": ["course files", "texts"],
            "files": ["a.pdf"],
            "assignment_groups": ["Assignments"],
            "external_tools": ["A tool"],
            "question_banks": ["Pretest"],
            "assignments": ["Pretest"],
            "quizzes": ["Pretest"],
            "quiz_questions": ["One", "Two", "Three", "Four", "Five", "Six"],
            "discussion_topics": ["The topic's own title"],
            "modules": ["Week"],
            "module_items": ["Read", "The topic's own title", "Go", "Heading", "Pretest", "Tool"],
        }
        assert [(row.type, row.indent, row.published) for row in imported.rows(ModuleItem)] == [
            ("File", 0, True),
            ("Discussion", 0, True),
            ("ExternalUrl", 0, True),
            ("SubHeader", 0, True),
            ("Quiz", 1, False),
            ("ExternalTool", 0, True),
        ]
        assert sorted(imported.warnings()) == sorted([PATTERN, SECURITY.format("A tool")])

    def test_loose_items_go_into_one_module(self) -> None:
        """Items outside of folders are in one module, where the first of them was."""
        items = (
            item("i1", "One", "A")
            + item("m", "Module", inside=item("i2", "Two", "A"))
            + item("i3", "Three", "B")
            + item("i4", "Missing", "C")
        )
        resources = "".join(resource(key, "webcontent", f"{key}.txt", href=f"{key}.txt") for key in "ABC")
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources, items), "A.txt": "a", "B.txt": "b"}), COMMON)
        assert [(row.title, row.position) for row in imported.rows(Module)] == [("Misc Module", 1), ("Module", 2)]
        assert [row.title for row in imported.rows(ModuleItem)] == ["One", "Two", "Three"]

    def test_nested_folders_are_headings(self) -> None:
        """Folders within folders become headings, with their items indented."""
        inner = item(
            "f2", "Inner", inside=item("i2", "Deep", "A") + item("f3", "Innermost", inside=item("i3", "x", "A"))
        )
        items = item("f1", "Outer", inside=item("i1", "Flat", "A") + inner + item("i4", "Last", "A"))
        files = {"imsmanifest.xml": manifest(resource("A", "webcontent", "a.txt", href="a.txt"), items), "a.txt": "a"}
        imported = Imported(zipped(files), COMMON)
        assert [(row.title, row.type, row.indent) for row in imported.rows(ModuleItem)] == [
            ("Flat", "File", 0),
            ("Inner", "SubHeader", 0),
            ("Deep", "File", 1),
            ("Innermost", "SubHeader", 1),
            ("x", "File", 2),
            ("Last", "File", 0),
        ]


class TestQuizzes:
    """Assessments and question banks."""

    def imported(self, migration_type: str = COMMON) -> Imported:
        """Return a course with a quiz and a bank of the same questions."""
        resources = resource("R1", "imsqti_xmlv1p2/imscc_xmlv1p1/assessment", "q.xml") + resource(
            "R2", "imsqti_xmlv1p2/imscc_xmlv1p1/question-bank", "b.xml"
        )
        return Imported(
            zipped({"imsmanifest.xml": manifest(resources), "q.xml": PRETEST, "b.xml": BANK}), migration_type
        )

    def test_quiz(self) -> None:
        """A quiz is graded and unpublished, with an assignment, limits, points and types from the profiles."""
        imported = self.imported()
        (quiz,) = imported.rows(Quiz)
        assert (quiz.title, quiz.quiz_type, quiz.published) == ("Pretest", "assignment", False)
        assert (quiz.points_possible, quiz.question_count, quiz.time_limit, quiz.allowed_attempts) == (7.0, 6, 120, 2)
        (shell,) = imported.rows(Assignment)
        assert (shell.title, shell.quiz_id, shell.published, shell.points_possible) == ("Pretest", quiz.id, False, 7.0)
        assert shell.submission_types == ("online_quiz",)
        assert [row.title for row in imported.rows(AssignmentGroup)] == ["Assignments"]
        questions = [row for row in imported.rows(QuizQuestion) if row.quiz_id == quiz.id]
        assert [(row.question_type, row.points_possible, len(row.choices)) for row in questions] == [
            ("multiple_choice_question", 2.0, 2),
            ("true_false_question", 1.0, 2),
            ("multiple_answers_question", 1.0, 3),
            ("short_answer_question", 1.0, 2),
            ("essay_question", 1.0, 0),
            ("short_answer_question", 1.0, 1),
        ]

    def test_banks(self) -> None:
        """Each quiz has a bank, and so has each question bank; the pattern match has one warning."""
        imported = self.imported()
        assert sorted(row.title for row in imported.rows(QuestionBank)) == ["Pretest", "QDB_1"]
        assert imported.warnings() == [PATTERN]

    def test_banks_of_a_canvas_import(self) -> None:
        """Imported as a Canvas cartridge, quizzes have no banks of their own."""
        assert [row.title for row in self.imported(CANVAS).rows(QuestionBank)] == ["QDB_1"]

    def test_quiz_in_the_manifest(self) -> None:
        """A quiz may stand in the manifest itself."""
        inside = PRETEST.partition("?>")[2]
        resources = resource("R1", "imsqti_xmlv1p2/imscc_xmlv1p3/assessment", inside=inside)
        items = item("m", "Module", inside=item("i", "Test", "R1"))
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources, items, version="1.3.0")}), COMMON)
        assert imported.counts()["quiz_questions"] == 6
        assert imported.titles()["module_items"] == ["Pretest"]

    def test_question_without_answers(self) -> None:
        """Without a right answer and without an interaction, questions have warnings that lead to their bank."""
        text = "<presentation><material><mattext>?</mattext></material></presentation>"
        odd = f'<item ident="odd" title="Odd">{text}</item>'
        quiz = assessment("i", "Quiz", question("n", "None", {"x": "1", "y": "2"}), odd)
        resources = resource("R1", "imsqti_xmlv1p2/imscc_xmlv1p1/assessment", "q.xml")
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources), "q.xml": quiz}), COMMON)
        (bank,) = imported.rows(QuestionBank)
        issues = imported.world.issues_of(imported.migration).values()
        assert [issue.description for issue in issues] == [
            "The importer couldn't determine the correct answers for this question.",
            NO_TYPE,
        ]
        assert all(f"/question_banks/{bank.id}#question_" in (issue.fix_issue_html_url or "") for issue in issues)


class TestAssignments:
    """Assignments of the extension, of tools, and files that are to be assignments."""

    def test_extension(self) -> None:
        """An assignment of the extension has points, formats and its attached files."""
        source = """<assignment xmlns="http://www.imsglobal.org/xsd/imscc_extensions/assignment"><title>Cool</title>
         <text texttype="text/html">Turn it in.</text><gradable points_possible="11">true</gradable>
         <submission_formats><format type="file"/><format type="text"/><format type="url"/></submission_formats>
         <attachments><attachment href="common.html"/></attachments></assignment>"""
        resources = resource("A", "assignment_xmlv1p0", "x/a.xml") + resource(
            "A_fallback",
            "webcontent",
            "x/common.html",
            inside='<cpx:variant identifier="v" identifierref="A"><cpx:metadata/></cpx:variant>',
        )
        items = item("m", "Module", inside=item("i", "Do it", "A_fallback"))
        files = {
            "imsmanifest.xml": manifest(resources, items, version="1.3.0"),
            "x/a.xml": source,
            "x/common.html": "<p>common</p>",
        }
        imported = Imported(zipped(files), COMMON)
        (row,) = imported.rows(Assignment)
        assert (row.title, row.points_possible, row.published) == ("Cool", 11.0, True)
        assert row.submission_types == ("online_upload", "online_text_entry", "online_url")
        assert [row.title for row in imported.rows(AssignmentGroup)] == ["Assignments", "Imported Assignments"]
        assert [(row.type, row.title) for row in imported.rows(ModuleItem)] == [("Assignment", "Cool")]
        assert not imported.issues()

    def test_extension_with_settings_of_canvas(self) -> None:
        """Canvas's settings within the extension have precedence."""
        source = """<assignment xmlns="http://www.imsglobal.org/xsd/imscc_extensions/assignment"><title>One</title>
         <text>x</text><gradable points_possible="5">true</gradable><submission_formats><format type="file"/>
         </submission_formats><extensions><assignment xmlns="http://canvas.instructure.com/xsd/cccv1p0">
         <title>One</title><due_at/><grading_type>pass_fail</grading_type><points_possible>20.0</points_possible>
         <submission_types>online_text_entry,online_url</submission_types><workflow_state>unpublished</workflow_state>
         </assignment></extensions></assignment>"""
        files = {
            "imsmanifest.xml": manifest(resource("A", "assignment_xmlv1p0", "a.xml"), version="1.3.0"),
            "a.xml": source,
        }
        (row,) = Imported(zipped(files), COMMON).rows(Assignment)
        assert (row.grading_type, row.points_possible, row.published) == ("pass_fail", 20.0, False)
        assert row.submission_types == ("online_text_entry", "online_url")

    def test_page_that_is_to_be_an_assignment(self) -> None:
        """A page is an assignment or the syllabus if its intended use says so, and a file, too."""
        resources = resource("f5", "webcontent", "a/p.html", "a/i.png", href="a/p.html", intendeduse="assignment")
        resources += resource("s", "webcontent", "s.html", href="s.html", intendeduse="syllabus")
        items = item("m", "M", inside=item("i", "Assignment 2", "f5"))
        files = {
            "imsmanifest.xml": manifest(resources, items),
            "a/p.html": '<html><body><img src="i.png"></body></html>',
            "a/i.png": "PNG",
            "s.html": "<html><body><p>beep</p></body></html>",
        }
        imported = Imported(zipped(files), COMMON)
        (row,) = imported.rows(Assignment)
        image = next(file for file in imported.rows(File) if file.title == "i.png")
        assert row.title == "Assignment 2"
        assert row.description == f'<img src="/courses/{imported.course.id}/files/{image.id}/preview">'
        assert imported.course.syllabus_body == "<p>beep</p>"
        assert [row.type for row in imported.rows(ModuleItem)] == ["Assignment"]
        assert len(imported.rows(File)) == 3

    def test_tool_with_points(self) -> None:
        """A tool that asks for an outcome is an assignment, too, which its item shows."""
        resources = resource("T", "imsbasiclti_xmlv1p0", "t.xml")
        files = {
            "imsmanifest.xml": manifest(resources, item("i", "Tool", "T")),
            "t.xml": lti_link("Graded tool", "https://tool.example/2", outcome="15.5"),
        }
        imported = Imported(zipped(files), COMMON)
        (row,), (tool,) = imported.rows(Assignment), imported.rows(ExternalTool)
        assert (row.title, row.points_possible, row.external_tool_id) == ("Graded tool", 15.5, tool.id)
        assert [row.type for row in imported.rows(ModuleItem)] == ["Assignment"]


class TestTools:
    """LTI links."""

    def imported(self, migration_type: str) -> Imported:
        """Return a course with five links, four of them to one domain."""
        links = {key: f"https://www.example.com/{key}" for key in "abcd"} | {"e": "https://other.example/e"}
        resources = "".join(resource(key, "imsbasiclti_xmlv1p0", f"{key}.xml") for key in links)
        items = "".join(item(f"i{key}", f"Link {key}", key) for key in links)
        files = {f"{key}.xml": lti_link(f"Tool {key}", url) for key, url in links.items()}
        return Imported(zipped({"imsmanifest.xml": manifest(resources, items), **files}), migration_type)

    def test_tools_of_one_domain_are_merged(self) -> None:
        """Tools of one domain are one tool, named by the domain, and each item keeps its address."""
        imported = self.imported(COMMON)
        merged, other = imported.rows(ExternalTool)
        assert (merged.title, merged.url, merged.domain) == ("www.example.com", "", "www.example.com")
        assert (other.title, other.url, other.domain) == ("Tool e", "https://other.example/e", None)
        items = imported.rows(ModuleItem)
        assert [row.content_id for row in items] == [merged.id] * 4 + [other.id]
        assert [row.external_url for row in items][:2] == ["https://www.example.com/a", "https://www.example.com/b"]
        assert sorted(imported.warnings()) == sorted([SECURITY.format("www.example.com"), SECURITY.format("Tool e")])

    def test_other_migration_types_do_not_merge(self) -> None:
        """Imported as a Canvas cartridge, each link is a tool."""
        assert len(self.imported(CANVAS).rows(ExternalTool)) == 5


class TestLeniency:
    """What Canvas leaves out or repairs without a word."""

    def test_missing_files(self) -> None:
        """A file, a topic or a quiz that is not there is left out."""
        resources = (
            resource("A", "webcontent", "a.txt", href="a.txt")
            + resource("B", "webcontent", "gone.mp3", href="gone.mp3")
            + resource("C", "imsdt_xmlv1p1", "gone.xml")
            + resource("D", "imsqti_xmlv1p2/imscc_xmlv1p1/assessment", "gone.xml")
            + resource("E", "imswl_xmlv1p1", "gone.xml")
            + resource("F", "imsbasiclti_xmlv1p0")
            + resource("G", "application/odd", "a.txt")
        )
        items = item("m", "Module", inside="".join(item(f"i{key}", key, key) for key in "ABCDEFG"))
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources, items), "a.txt": "a"}), COMMON)
        assert imported.titles() == {
            "folders": ["course files"],
            "files": ["a.txt"],
            "modules": ["Module"],
            "module_items": ["A"],
        }
        assert not imported.issues()

    @pytest.mark.parametrize(
        "text",
        [
            '<topic a="1 & 2"><title>T</title><text>x</text></topic>',
            "<topic><title>T</title><text>x</topic>",
            "<topic><title>T</title><text>x</text><oops></topic>",
            '<?xml version="1.0" encoding="ISO-8859-1"?><topic><title>T</title><text>x</text></topic>',
            '<?xml version="1.0" encoding="nonsense"?><topic><title>T</title><text>x</text></topic>',
            "\ufeff<topic><title>T</title><text>x</text></topic>",
            "<!DOCTYPE topic [<!ENTITY a 'x'>]><topic><title>T</title><text>&a;</text></topic>",
            "<topic><title>T</title><text>&nbsp;x</text></topic>",
        ],
    )
    def test_xml_that_is_not_well_formed(self, text: str) -> None:
        """XML that is not well-formed is repaired."""
        files = {"imsmanifest.xml": manifest(resource("T", "imsdt_xmlv1p1", "t.xml")), "t.xml": text}
        (row,) = Imported(zipped(files), COMMON).rows(DiscussionTopic)
        assert row.title == "T"

    def test_xml_that_cannot_be_read(self) -> None:
        """A document with a wrong encoding is left out."""
        text = '<?xml version="1.0" encoding="UTF-16"?><topic><title>T</title></topic>'
        files = {"imsmanifest.xml": manifest(resource("T", "imsdt_xmlv1p1", "t.xml")), "t.xml": text}
        imported = Imported(zipped(files), COMMON)
        assert (imported.counts(), imported.issues()) == ({}, {})

    def test_entities_are_not_expanded(self) -> None:
        """Neither entities nor files are loaded."""
        text = '<!DOCTYPE t [<!ENTITY e SYSTEM "file:///etc/hostname">]><topic><title>T&e;</title><text/></topic>'
        files = {"imsmanifest.xml": manifest(resource("T", "imsdt_xmlv1p1", "t.xml")), "t.xml": text}
        (row,) = Imported(zipped(files), COMMON).rows(DiscussionTopic)
        assert row.title == "T"

    def test_backslashes_in_the_manifest(self) -> None:
        """Paths in the manifest may have backslashes."""
        resources = resource("A", "webcontent", "a\\b.txt", href="a\\b.txt")
        assert Imported(zipped({"imsmanifest.xml": manifest(resources), "a/b.txt": "x"}), COMMON).titles()["files"] == [
            "b.txt"
        ]

    def test_types_that_canvas_does_not_import(self) -> None:
        """Canvas tells which types it knows and does not import."""
        resources = "".join(
            resource(kind, kind, "a.zip") for kind in ("imsapip_zipv1p0", "imsiwb_iwbv1p0", "idpfepub_epubv3p0")
        )
        more = "<curriculumStandardsMetadataSet><curriculumStandardsMetadata/></curriculumStandardsMetadataSet>"
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources, more=more, version="1.3.0")}), COMMON)
        words = ("APIP file(s)", "IWB file(s)", "EPub3 file(s)", "Curriculum Standards")
        assert imported.warnings() == [
            f"This package includes {each}, which are not compatible with Canvas and were not included in the import."
            for each in words
        ]


class TestVariants:
    """Resources that prefer others to themselves."""

    @pytest.mark.parametrize(
        ("preferred_type", "shown"), [("imsdt_xmlv1p3", "Discussion"), ("odd/type", "ExternalUrl")]
    )
    def test_preferred_variant(self, preferred_type: str, shown: str) -> None:
        """The preferred resource stands for the other one, if Canvas can import it; otherwise the other for it."""
        resources = resource(
            "A", "imswl_xmlv1p3", "l.xml", inside='<cpx:variant identifier="v" identifierref="B"/>'
        ) + resource("B", preferred_type, "t.xml")
        items = item("m", "M", inside=item("i", "It", "A"))
        files = {
            "imsmanifest.xml": manifest(resources, items, version="1.3.0"),
            "l.xml": web_link("Link", "https://x.example/"),
            "t.xml": topic("Topic"),
        }
        assert [row.type for row in Imported(zipped(files), COMMON).rows(ModuleItem)] == [shown]

    def test_circle_of_variants(self) -> None:
        """Resources that prefer each other do not hang the import."""
        resources = "".join(
            resource(
                key, "imswl_xmlv1p3", f"{key}.xml", inside=f'<cpx:variant identifier="v" identifierref="{other}"/>'
            )
            for key, other in (("A", "B"), ("B", "A"), ("C", "C"))
        )
        files = {f"{key}.xml": web_link(key, f"https://{key}.example/") for key in "ABC"}
        items = item("m", "M", inside=item("i", "It", "A"))
        imported = Imported(zipped({"imsmanifest.xml": manifest(resources, items, version="1.3.0"), **files}), COMMON)
        assert len(imported.rows(ModuleItem)) == 1


def test_content_for_instructors() -> None:
    """What is for instructors is unpublished or locked, also in a manifest without an archive."""
    inside = {
        "A": "<assignment><title>A</title><text>x</text></assignment>",
        "B": topic("B"),
        "C": web_link("C", "https://c.example/"),
        "D": lti_link("D", "https://d.example/").partition("?>")[2],
    }
    types = {"A": "assignment_xmlv1p0", "B": "imsdt_xmlv1p3", "C": "imswl_xmlv1p3", "D": "imsbasiclti_xmlv1p0"}
    resources = "".join(resource(key, types[key], inside=INSTRUCTOR + text) for key, text in inside.items())
    resources += resource("E", "webcontent", "imsmanifest.xml", href="imsmanifest.xml", inside=INSTRUCTOR)
    items = item("m", "M", inside="".join(item(f"i{key}", key, key) for key in "ABCD"))
    flat = manifest(resources, items, version="1.3.0").encode()
    imported = Imported(flat, COMMON, "flat.xml")
    assert [(row.type, row.published) for row in imported.rows(ModuleItem)] == [
        ("Assignment", False),
        ("Discussion", False),
        ("ExternalUrl", False),
        ("ExternalTool", False),
    ]
    assert not imported.rows(Assignment)[0].published
    assert not imported.rows(DiscussionTopic)[0].published
    assert imported.rows(File)[0].locked
    assert imported.warnings() == [SECURITY.format("D")]


def test_links_between_files() -> None:
    """Links to files are resolved relative to the page, from the top, or by the end of the path; others are issues."""
    text = (
        '&lt;img src="img1.png"&gt;&lt;a href="$IMS-CC-FILEBASE$../x/doc.pdf"&gt;d&lt;/a&gt;'
        '&lt;a href="$IMS-CC-FILEBASE$gone.txt"&gt;g&lt;/a&gt;&lt;a href="https://x.example/"&gt;x&lt;/a&gt;'
    )
    resources = resource("T", "imsdt_xmlv1p1", "t/t.xml") + resource(
        "F", "webcontent", "x/doc.pdf", "t/img1.png", href="x/doc.pdf"
    )
    files = {
        "imsmanifest.xml": manifest(resources),
        "t/t.xml": topic("Links", text),
        "x/doc.pdf": "%PDF",
        "t/img1.png": "PNG",
    }
    imported = Imported(zipped(files), COMMON)
    (row,) = imported.rows(DiscussionTopic)
    ids = {file.title: file.id for file in imported.rows(File)}
    course = f"/courses/{imported.course.id}"
    assert row.message == (
        f'<img src="{course}/files/{ids["img1.png"]}/preview"><a href="{course}/files/{ids["doc.pdf"]}/preview">d</a>'
        f'<a href="{course}/file_contents/course%20files/gone.txt">g</a><a href="https://x.example/">x</a>'
    )
    assert imported.warnings() == ["Missing links found in imported content - Discussion Topic message"]


def test_attachments_of_topics() -> None:
    """One attached file is attached; several are a list below the text."""
    resources = (
        resource("T1", "imsdt_xmlv1p1", "one.xml")
        + resource("T2", "imsdt_xmlv1p1", "two.xml")
        + resource("F", "webcontent", "a.jpg", "b.jpg", href="a.jpg")
    )
    files = {
        "imsmanifest.xml": manifest(resources),
        "one.xml": topic("One", attachments=["a.jpg"]),
        "two.xml": topic("Two", attachments=["a.jpg", "b.jpg"]),
        "a.jpg": "a",
        "b.jpg": "b",
    }
    imported = Imported(zipped(files), COMMON)
    one, two = imported.rows(DiscussionTopic)
    ids = {file.title: file.id for file in imported.rows(File)}
    assert one.attachment_id == ids["a.jpg"]
    assert f'/files/{ids["b.jpg"]}/preview">b.jpg</a>' in two.message
    assert [row.full_name for row in imported.rows(Folder)] == ["course files"]
