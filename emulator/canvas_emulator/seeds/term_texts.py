"""The texts of a term's templates: prose with links of the forms that teachers make, by place and week.

``{name}`` is an address of the same course, as ``term_course.Addresses`` has it. All are forms that a copy leads to the
right place, in both editions, so that a section has no stale link before a teacher works on it.
"""

from __future__ import annotations

TOPICS = (
    "The first questions",
    "What counts as evidence",
    "Tools and methods",
    "Models and their limits",
    "A first review",
    "Cause and effect",
    "Scale and measure",
    "Sources and their bias",
    "Arguments on paper",
    "A second review",
    "Open problems",
    "Work in the field",
    "Ethics of the subject",
    "Presenting results",
    "Looking back",
)
"""The topic of each week."""

HOME = (
    '<h2 id="weeks">Welcome to {subject}</h2>'
    '<p><img src="{reading}/preview" alt="The cover of the reader" longdesc="{overview}"></p>'
    '<p>Everything is in the <a href="{here}/modules">modules</a>; the plan of the term is in the'
    ' <a href="{here}/assignments/syllabus">syllabus</a>. Begin with <a title="Week 1" href="{overview}#plan">the first'
    ' week</a>, look at your <a href="{here}/grades">grades</a> whenever you like, and write to'
    ' <a href="mailto:help@northfield.example">the help desk</a> if something does not open.</p>'
)

OVERVIEWS = (
    (
        '<h2 id="plan">{topic}</h2>'
        '<p>Read <a class="instructure_file_link" title="reading-{number}.pdf" href="{reading}/download?wrap=1">reading'
        ' {week}</a>, then write <a href="{homework}">homework {week}</a>. It is due on Friday.</p>'
        '<p>All <a href="{home}#weeks">weeks</a> have one; all readings are in <a'
        ' href="{here}/files/folder/course%20files">the files of the'
        " course</a>. The university"
        " explains <a"
        ' href="https://www.northfield.example/study-skills/reading?week={week}&amp;from=canvas#notes">how to'
        " read a paper</a>.</p>"
    ),
    (
        '<h3 id="plan">{topic}</h3>'
        "<table><tbody><tr><th>What</th><th>Where</th></tr>"
        '<tr><td>Reading</td><td><a href="{reading}?wrap=1&amp;download_frd=1">reading {week}</a></td></tr>'
        '<tr><td>Homework</td><td><a href="{homework}?module_item_id={item}">homework'
        " {week}</a></td></tr></tbody></table>"
        '<p>We build on <a href="{previous}#plan">last week</a>. The formula of the week is'
        ' <img class="equation_image" src="/equation_images/x%255E2?scale=1" alt="x^2">, and the'
        ' <a href="{module}">module</a> closes on Sunday.</p>'
    ),
    (
        '<h3 id="plan">{topic}</h3>'
        "<ol><li>Open {tool}.</li>"
        '<li>Compare it with <a href="{by_path}">the reading</a>.</li>'
        '<li>Say what you think in <a href="{discussion}">the discussion</a>.</li></ol>'
        '<p>If you missed a week, the <a href="{home}#weeks">home page</a> has all of them, and'
        ' <a href="{here}/discussion_topics">the discussions</a> stay open. <a href="#top">Back to the top</a></p>'
    ),
    (
        '<h3 id="plan">{topic}</h3>'
        '<blockquote><p>Read, then do. (<a href="{reading}/file_preview?annotate=0">reading {week}</a>)</p>'
        "</blockquote>"
        '<p>As <a href="{previous}#plan">last week</a>, go to <a href="{event}">the review session</a>, ask'
        ' <a href="{here}/users">the others</a>, and look at'
        ' <a href="https://en.wikipedia.org/wiki/Study_skills">an encyclopedia</a> if a word is new.</p>'
        '<div class="embed"><iframe src="/media_objects_iframe/m-northfield{number}?type=video"></iframe></div>'
    ),
    (
        '<h3 id="plan">{topic}</h3>'
        '<p>This week ends with <a href="{quiz}">a quiz</a> about everything since <a'
        ' href="{home}#weeks">week 1</a>. Do'
        ' <a href="{homework}">homework {week}</a> first, and read <a'
        ' href="{announcement}">the announcement</a> again.</p>'
        '<p>The item in the module is <a href="{here}/modules/items/{item}">here</a>.</p>'
    ),
)

HOMEWORK = (
    (
        '<p>After <a href="{reading}/download">reading {week}</a>, write two pages about one'
        " question that it leaves open."
        ' The week is described in <a href="{overview}#plan">its overview</a>.</p>'
    ),
    (
        '<p>Five problems, in the order of the <a href="{overview}#plan">overview</a>. Show your work; a photo is fine.'
        ' <img src="{reading}/preview" alt="An example of work that is easy to read"></p>'
        '<p>Stuck? <a href="{here}/external_tools/retrieve?url=https%3A%2F%2Ftutor.northfield.example%2Flaunch">Ask a'
        " tutor</a>.</p>"
    ),
    (
        '<p>Take a position from <a href="{discussion}">the discussion</a> and defend it, like <a'
        ' href="{previous}#plan">last week</a>, on a'
        " page. Late work is explained"
        ' in <a href="{here}/assignments/syllabus">the syllabus</a>, the rest is <a'
        ' href="{here}/assignments">here</a>.</p>'
    ),
)

DISCUSSIONS = (
    (
        '<p>What did <a href="{reading}">reading {week}</a> get wrong? Two sentences are'
        ' enough, with a page number, as <a href="{overview}#plan">the plan</a> says.</p>'
        '<p>Reply to a classmate whose view of <a href="{homework}">the homework</a> differs from yours.</p>'
    ),
    (
        "<p>Find an example of the week's topic outside of the university, and link to it. Mine is"
        ' <a href="https://news.northfield.example/courses/1/assignments/2">this report</a>. The'
        ' <a href="{overview}#plan">overview</a> says what counts.</p>'
    ),
)

QUIZ = (
    '<p>Twenty minutes, open book: have <a href="{reading}/download?wrap=1">reading {week}</a> at hand. Once you have'
    ' begun, <a href="{overview}#plan">the overview</a> stays open in another tab.</p>'
)

QUESTIONS = (
    (
        "Which claim does the reading of the week support?",
        (
            '<p>Which claim does <a href="{reading}/download">reading {week}</a> support? The'
            ' <a href="{overview}#plan">plan</a> says what a claim is.</p>'
        ),
        ("The first", "The second"),
        ('<p>The first: see <a href="{overview}#plan">the overview</a>.</p>', ""),
        '<p>Right. <a href="{homework}">Homework {week}</a> goes one step further.</p>',
        '<p>Read <a href="{reading}">the reading</a> again.</p>',
    ),
    (
        "A review can contradict its source.",
        "<p>True or false: a review can contradict its source.</p>",
        ("True", "False"),
        (),
        "",
        '<p>Week {week} has an example: <a href="{home}">start here</a>.</p>',
    ),
)
"""The name of a question, its text, its choices and their HTML, and what a right and a wrong reply bring."""

NEWS = (
    '<p>We start on Monday, with <a href="{overview}#plan">the first week</a>. Bring'
    ' <a href="{reading}/download?wrap=1">the first reading</a> and a question. The rooms are on'
    ' <a href="https://www.northfield.example/rooms">the map</a>.</p>'
)

EVENT = (
    '<p>Bring what you have of <a href="{homework}">homework {week}</a>, of <a'
    ' href="{overview}#plan">the week</a>, and your notes about'
    ' <a href="{reading}/download?wrap=1">reading {week}</a>. If you cannot come, open'
    ' <a href="https://video.northfield.example/live">the recording</a>.</p>'
)

SYLLABUS = (
    "<h3>{subject}</h3>"
    "<p>This course is about what {subject} asks, and how it answers. It begins with <a"
    ' href="{overview}#plan">week 1</a>;'
    ' the work of a week is like <a href="{homework}">the first homework</a>.</p>'
    '<p>Have <a href="{reading}/download?wrap=1">the first reading</a> with you. The course is'
    ' <a href="{here}">here</a>, its <a href="{here}/pages">pages</a> are there, and what the university expects is in'
    ' <a href="https://www.northfield.example/policies">its policies</a>.</p>'
)

NEW_QUIZ = "<p>Four short questions about the tools of the first weeks. You may try twice.</p>"

NEW_QUIZ_QUESTIONS = (
    "A method fits every question.",
    "A tool can hide an error.",
    "A model is wrong by design.",
    "Evidence can be old.",
)
