"""The content of the demo's master course, BIOL 1010, as tables.

In the HTML ``[[title]]`` stands for a link to the row of that title, ``((title))`` for an image file, ``[[#title]]``
for the id of a row, and ``{here}`` for the path of the course. Some links are of forms that a copy leaves broken.
"""

from __future__ import annotations

from collections.abc import Mapping

LONG_TITLE = "Week 3: How Cells Capture, Store and Spend Energy, from Photosynthesis to ATP"
REMOVED_FILE = "enzyme-lab-handout.pdf"
REMOVED_ASSIGNMENT = "Field trip form"

MODULES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Start Here": (
        ("SubHeader", "Before the first week"),
        ("Page", "Welcome to BIOL 1010"),
        ("Page", "How this course works"),
        ("Page", "Lab safety"),
        ("Discussion", "Introduce yourself"),
        ("Quiz", "Syllabus check"),
        ("ExternalUrl", "Academic calendar"),
        ("ExternalTool", "Library course list"),
    ),
    "Week 1: The Science of Life": (
        ("SubHeader", "Week 1"),
        ("Page", "Week 1: What makes something alive?"),
        ("Assignment", "Lab report 1: Observation and inquiry"),
        ("Discussion", "Week 1: Is a virus alive?"),
        ("Quiz", "Quiz 1: Scientific method"),
    ),
    "Week 2: Cells": (
        ("SubHeader", "Week 2"),
        ("Page", "Week 2: A tour of the cell"),
        ("Assignment", "Lab report 2: Microscopy"),
        ("Assignment", "Cell model"),
        ("Quiz", "Quiz 2: Cells and membranes"),
    ),
    "Week 3: Energy": (
        ("SubHeader", "Week 3"),
        ("Page", LONG_TITLE),
        ("Page", "Week 3 Reading"),
        ("Assignment", "Problem set 1: Photosynthesis"),
        ("Discussion", "Week 3: Fermentation in your kitchen"),
    ),
    "Week 4: Cell Division": (
        ("SubHeader", "Week 4"),
        ("Page", "Week 4: Mitosis and meiosis"),
        ("Assignment", "Lab report 3: Onion root tips"),
        ("ExternalUrl", "Study skills center"),
        ("Quiz", "Midterm exam"),
    ),
    "Week 5: Inheritance": (
        ("SubHeader", "Week 5"),
        ("Page", "Week 5: Mendel and after"),
        ("Assignment", "Problem set 2: Punnett squares"),
        ("Assignment", "Genetics check (New Quiz)"),
        ("ExternalUrl", "Genetics reading list"),
    ),
    "Week 6: DNA": (
        ("SubHeader", "Week 6"),
        ("Page", "Week 6: From gene to protein"),
        ("Assignment", "Lab report 4: DNA extraction"),
        ("Discussion", "Week 6: Who owns a genome?"),
        ("Quiz", "Quiz 3: DNA and RNA"),
    ),
    "Week 7: Evolution": (
        ("SubHeader", "Week 7"),
        ("Page", "Week 7: Natural selection"),
        ("Assignment", "Case study: Finches"),
    ),
    "Week 8: Ecology": (
        ("SubHeader", "Week 8"),
        ("Page", "Week 8: Ecosystems"),
        ("Assignment", "Final project: A local ecosystem"),
        ("Discussion", "Looking back"),
        ("Quiz", "Final exam"),
    ),
}

PAGES: Mapping[str, str] = {
    "Home": (
        '<h2 id="top">Introductory Biology</h2><p>((cover.png)) Begin with [[Welcome to BIOL 1010]].</p>'
        '<p>Your <a href="{here}/grades">grades</a> and <a href="{here}/assignments">all assignments</a> are always one'
        ' click away. Write to <a href="mailto:biology@northfield.example">the department</a> if something is missing.'
        "</p>"
    ),
    "Welcome to BIOL 1010": (
        "<p>Eight weeks, four labs. Read [[How this course works]] and [[Lab safety]], look at"
        " [[slides-00-orientation.pdf]], then say hello in [[Introduce yourself]].</p>"
        '<p>The weeks begin with <a href="{here}/modules#module_[[#Start Here]]">this module</a>; what every Biology'
        ' student knows is in <a href="https://www.northfield.example/biology?from=canvas&amp;page=1#safety">the'
        " handbook</a>.</p>"
    ),
    "How this course works": (
        "<p>Each week has slides and something to hand in. See [[lab-report-rubric.docx]].</p>"
        '<p>Files are in <a href="{here}/files/folder/slides">the folder of slides</a>, such as'
        ' <a href="{here}/files?preview=[[#slides-01-science-of-life.pdf]]">the first ones</a>. Come back to'
        ' <a href="{here}/pages/home?module_item_id=[[#Academic calendar]]#top">the top of the home page</a> when you'
        " are lost.</p>"
    ),
    "Lab safety": (
        '<div style="background-image: url({here}/files/[[#lab-safety-signs.png]]/preview);">Goggles on.</div>'
        "<p>((lab-safety-signs.png)) Ask in [[Course Q&A]] before you improvise.</p>"
    ),
    "Week 1: What makes something alive?": "<p>[[slides-01-science-of-life.pdf]] and [[reading-01-inquiry.pdf]].</p>",
    "Week 2: A tour of the cell": "<p>((cell-diagram.png)) [[slides-02-cells.pdf]], then [[Cell model]].</p>",
    LONG_TITLE: "<p>((chloroplast.png)) [[slides-03-energy.pdf]], then [[Problem set 1: Photosynthesis]].</p>",
    "Week 3 Reading": f"<p>[[reading-03-energy.pdf]]. Bring the handout to the lab: [[{REMOVED_FILE}]].</p>",
    "Week 4: Mitosis and meiosis": (
        "<p>[[mitosis-time-lapse.mp4]] and [[slides-04-cell-division.pdf]].</p>"
        '<p><iframe src="/media_attachments_iframe/[[#mitosis-time-lapse.mp4]]?type=video&amp;embedded=true"'
        ' title="Mitosis in a minute" width="560" height="315"></iframe></p>'
        '<video poster="{here}/files/[[#cell-diagram.png]]/preview" controls="controls">'
        '<source src="{here}/files/[[#mitosis-time-lapse.mp4]]/download" type="video/mp4"></video>'
    ),
    "Week 5: Mendel and after": (
        "<p>((punnett-square.png)) [[slides-05-inheritance.pdf]] and its reading. Two recessive alleles have odds of"
        ' <img class="equation_image" src="/equation_images/%255Cfrac%257B1%257D%257B4%257D?scale=1" alt="1/4">.</p>'
        '<p>The library has <a href="{here}/external_tools/[[#Library course list]]">a list for this week</a>, and the'
        ' <a href="{here}/external_tools/retrieve?display=borderless&amp;url='
        'https%3A%2F%2Flibrary.northfield.example%2Flti%2Flaunch%3Ftopic%3Dgenetics">whole shelf</a>.</p>'
    ),
    "Week 6: From gene to protein": (
        "<p>((dna-helix.png)) [[slides-06-dna.pdf]] and [[Quiz 3: DNA and RNA]].</p>"
        '<p>To print: <a href="{here}/assignments/[[#Lab report 4: DNA extraction]]">'
        "{here}/assignments/[[#Lab report 4: DNA extraction]]</a>. Write {here}/pages/home on your report.</p>"
        "<pre>{here}/pages/lab-safety</pre>"
    ),
    "Week 7: Natural selection": "<p>[[slides-07-evolution.pdf]] and [[finch-measurements.zip]].</p>",
    "Week 8: Ecosystems": (
        "<p>[[slides-08-ecology.pdf]], [[reading-08-ecosystems.pdf]], [[project-rubric.docx]].</p>"
        '<p>Teams see <a href="{here}/assignments/[[#Final project: A local ecosystem]]/submissions/17">an example</a>.'
        ' Last year ended with <a href="https://{host}/courses/{prior_id}/pages/ecosystems">these ponds</a>.</p>'
    ),
    "Notes for instructors": "<p>Not for students: open [[Midterm exam]] by hand.</p>",
}

ASSIGNMENTS: Mapping[str, tuple[int, float, str]] = {
    "Lab report 1: Observation and inquiry": (1, 20, "<p>Use [[lab-report-rubric.docx]].</p>"),
    "Lab report 2: Microscopy": (2, 20, "<p>Use [[lab-report-rubric.docx]] and draw what you see.</p>"),
    "Cell model": (2, 15, "<p>See [[Week 2: A tour of the cell]].</p>"),
    "Problem set 1: Photosynthesis": (3, 10, "<p>Six problems on [[slides-03-energy.pdf]].</p>"),
    "Lab report 3: Onion root tips": (4, 20, "<p>Count a hundred cells. See [[Lab safety]].</p>"),
    "Problem set 2: Punnett squares": (5, 10, "<p>Six problems on [[reading-05-mendel.pdf]].</p>"),
    "Lab report 4: DNA extraction": (6, 20, "<p>Strawberries work best.</p>"),
    "Case study: Finches": (7, 25, "<p>The data is in [[finch-measurements.zip]].</p>"),
    "Final project: A local ecosystem": (8, 100, "<p>Use [[project-rubric.docx]].</p>"),
}
"""Title to the week at whose end it is due, its points, and its description."""

QUIZZES: Mapping[str, tuple[int, float, int]] = {
    "Syllabus check": (1, 0, 5),
    "Quiz 1: Scientific method": (1, 10, 8),
    "Quiz 2: Cells and membranes": (2, 10, 8),
    "Midterm exam": (4, 50, 15),
    "Quiz 3: DNA and RNA": (6, 10, 8),
    "Final exam": (8, 80, 16),
}
"""Title to week, points and number of questions. The one without points is practice."""

NEW_QUIZ_QUESTIONS = (
    "A recessive allele never shows.",
    "A test cross has one homozygous parent.",
    "Linked genes assort independently.",
    "Blood types are codominant.",
    "A Punnett square gives probabilities.",
)

TOPICS: Mapping[str, tuple[int | None, float | None, str]] = {
    "Introduce yourself": (None, None, "<p>Where are you from, and what grows there?</p>"),
    "Week 1: Is a virus alive?": (None, None, "<p>Argue from [[reading-01-inquiry.pdf]].</p>"),
    "Week 3: Fermentation in your kitchen": (3, 10, "<p>Bread, yoghurt, kimchi?</p>"),
    "Week 6: Who owns a genome?": (6, 10, "<p>Two sources, two replies.</p>"),
    "Looking back": (None, None, "<p>What surprised you?</p>"),
    "Course Q&A": (None, None, "<p>Ask here first.</p>"),
    "Study groups": (None, None, "<p>Find each other.</p>"),
    "Technical help": (None, None, "<p>Trouble with uploads or with [[Syllabus check]]?</p>"),
}
"""Title to week and points of the graded ones, and the message."""

ANNOUNCEMENTS: Mapping[str, tuple[int, str]] = {
    "Welcome!": (1, "<p>Start with [[Welcome to BIOL 1010]].</p>"),
    "Midterm next week": (3, "<p>It covers weeks 1 to 4: [[Midterm exam]].</p>"),
    "Final project groups": (7, "<p>Sign up for [[Final project: A local ecosystem]].</p>"),
}

FILES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "slides": (
        2_130_000,
        (
            "slides-00-orientation.pdf",
            "slides-01-science-of-life.pdf",
            "slides-02-cells.pdf",
            "slides-03-energy.pdf",
            "slides-04-cell-division.pdf",
            "slides-05-inheritance.pdf",
            "slides-06-dna.pdf",
            "slides-07-evolution.pdf",
            "slides-08-ecology.pdf",
        ),
    ),
    "readings": (
        640_000,
        (
            "reading-01-inquiry.pdf",
            "reading-02-cells.pdf",
            "reading-03-energy.pdf",
            "reading-04-division.pdf",
            "reading-05-mendel.pdf",
            "reading-06-central-dogma.pdf",
            "reading-07-selection.pdf",
            "reading-08-ecosystems.pdf",
        ),
    ),
    "images": (
        350_000,
        (
            "cover.png",
            "lab-safety-signs.png",
            "cell-diagram.png",
            "chloroplast.png",
            "punnett-square.png",
            "dna-helix.png",
        ),
    ),
    "handouts": (
        2_900_000,
        ("lab-report-rubric.docx", "project-rubric.docx", "mitosis-time-lapse.mp4", "finch-measurements.zip"),
    ),
}
"""Folder to the size of its first file in bytes, and its files."""

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "mp4": "video/mp4",
    "zip": "application/zip",
}

SYLLABUS = (
    "<h3>Syllabus</h3><p>Read [[How this course works]] and [[reading-01-inquiry.pdf]];"
    " labs follow [[lab-report-rubric.docx]]."
    ' Last year\'s version: <a href="https://{host}/courses/{prior_id}/assignments/syllabus">BIOL 1010, 2025</a>.'
    " The end is [[Final project: A local ecosystem]].</p>"
)
