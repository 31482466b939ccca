"""The part of the GraphQL schema that is about the content of a course: its connections, and the types in them."""

from __future__ import annotations

CONNECTIONS = (
    "Assignment",
    "AssignmentGroup",
    "Discussion",
    "ExternalTool",
    "File",
    "Folder",
    "GroupSet",
    "Module",
    "ModuleItem",
    "Page",
    "Quiz",
    "Rubric",
)
"""The types that there are connections of."""

PAGE = "first: Int, after: String, last: Int, before: String"
"""The arguments of every connection."""

_TYPES = """
extend type Course {
  permissions: CoursePermissions
  assignmentGroupsConnection(PAGE): AssignmentGroupConnection!
  assignmentsConnection(PAGE, filter: AssignmentFilter): AssignmentConnection!
  discussionsConnection(PAGE, filter: DiscussionFilter): DiscussionConnection  # 2026
  externalToolsConnection(PAGE): ExternalToolConnection
  filesConnection(PAGE, filter: FileFilter): FileConnection  # 2026
  foldersConnection(PAGE): FolderConnection  # 2026
  groupSets(includeNonCollaborative: Boolean = false): [GroupSet!]  # 2026
  groupSetsConnection(PAGE): GroupSetConnection
  modulesConnection(PAGE): ModuleConnection
  pagesConnection(PAGE, filter: PageFilter): PageConnection  # 2026
  quizzesConnection(PAGE, filter: QuizFilter): QuizConnection  # 2026
  rubricsConnection(PAGE): RubricConnection  # 2026
}

type CoursePermissions { manageGrades: Boolean, viewAllGrades: Boolean, becomeUser: Boolean }

input AssignmentFilter { gradingPeriodId: ID, searchTerm: String, userId: ID }
input DiscussionFilter { isAnnouncement: Boolean, searchTerm: String, userId: ID }  # 2026
input FileFilter { searchTerm: String, userId: ID }  # 2026
input PageFilter { searchTerm: String, userId: ID }  # 2026
input QuizFilter { searchTerm: String, userId: ID }  # 2026

interface ModuleItemInterface {
  modules: [Module!]
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  title: String  # 2026
  type: String  # 2026
}

enum AssignmentState {
  unpublished published deleted duplicating failed_to_duplicate importing fail_to_import migrating failed_to_migrate
  outcome_alignment_cloning failed_to_clone_outcome_alignment  # 2026
}

enum GradingType { gpa_scale letter_grade not_graded pass_fail percent points }

enum SubmissionType {
  attendance basic_lti_launch discussion_topic external_tool media_recording none not_graded on_paper online_quiz
  online_text_entry online_upload online_url student_annotation wiki_page
}

type AssignmentGroup implements Node {
  _id: ID!
  id: ID!
  name: String
  position: Int
  groupWeight: Float
  state: String
  createdAt: DateTime
  updatedAt: DateTime
}

type Assignment implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  name: String
  description: String
  dueAt(applyOverrides: Boolean = true): DateTime
  lockAt(applyOverrides: Boolean = true): DateTime
  unlockAt(applyOverrides: Boolean = true): DateTime
  pointsPossible: Float
  state: AssignmentState!
  submissionTypes: [SubmissionType!]
  gradingType: GradingType
  htmlUrl: String
  position: Int
  omitFromFinalGrade: Boolean
  assignmentGroup: AssignmentGroup
  quiz: Quiz
  discussion: Discussion
  rubric: Rubric
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  assignmentGroupId: ID  # 2026
  isNewQuiz: Boolean!  # 2026
  published: Boolean  # 2026
  sisId: String  # 2026
  title: String  # 2026
  type: String  # 2026
}

type Discussion implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  title: String
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  assignment: Assignment  # 2026
  delayedPostAt: DateTime  # 2026
  discussionType: String  # 2026
  isAnnouncement: Boolean!  # 2026
  lockAt: DateTime  # 2026
  locked: Boolean!  # 2026
  message: String  # 2026
  pointsPossible: Float  # 2026
  position: Int  # 2026
  postedAt: DateTime  # 2026
  published: Boolean!  # 2026
  todoDate: DateTime  # 2026
  type: String  # 2026
}

type ExternalTool implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  name: String
  description: String
  url: String
  state: String
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  title: String  # 2026
  type: String  # 2026
}

type File implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  displayName: String
  contentType: String
  size: String
  url: String
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  fileState: String  # 2026
  folder: Folder  # 2026
  lockAt: DateTime  # 2026
  locked: Boolean  # 2026
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  sizeBytes: Int  # 2026
  title: String  # 2026
  type: String  # 2026
  unlockAt: DateTime  # 2026
}

type Folder implements Node {
  _id: ID!
  id: ID!
  contextId: ID!
  contextType: String!
  fullName: String!
  hidden: Boolean
  locked: Boolean
  lockAt: DateTime
  name: String!
  parentFolderId: ID
  position: Int
  unlockAt: DateTime
  createdAt: DateTime
  updatedAt: DateTime
}

type GroupSet implements Node { _id: ID!, id: ID!, name: String }

type Page implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  title: String
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  type: String  # 2026
}

type Quiz implements Node & ModuleItemInterface {
  _id: ID!
  id: ID!
  modules: [Module!]
  createdAt: DateTime
  updatedAt: DateTime
  anonymousSubmissions: Boolean!  # 2026
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  quizType: String!  # 2026
  title: String  # 2026
  type: String  # 2026
}

type Rubric implements Node { _id: ID!, id: ID!, title: String, pointsPossible: Float }

type Module implements Node {
  _id: ID!
  id: ID!
  name: String
  position: Int
  published: Boolean
  requireSequentialProgress: Boolean
  unlockAt: DateTime
  createdAt: DateTime
  updatedAt: DateTime
  moduleItems: [ModuleItem!]
  moduleItemsConnection(PAGE): ModuleItemConnection  # 2026
  moduleItemsTotalCount: Int!  # 2026
}

type ModuleItem implements Node {
  _id: ID!
  id: ID!
  url: String
  module: Module
  content: ModuleItemInterface
  createdAt: DateTime
  updatedAt: DateTime
  title: String  # 2026
}

type ExternalUrl implements ModuleItemInterface {
  modules: [Module!]
  url: String
  title: String
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  type: String  # 2026
}

type ModuleExternalTool implements ModuleItemInterface {
  modules: [Module!]
  url: String
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  title: String  # 2026
  type: String  # 2026
}

type SubHeader implements ModuleItemInterface {
  modules: [Module!]
  title: String
  pointsPossible: Float  # 2026
  published: Boolean  # 2026
  type: String  # 2026
}
"""


def content_schema() -> str:
    """Return the types; a line that ends in ``# 2026`` is not in the schema of 2023."""
    connections = (
        f"type {name}Connection {{ nodes: [{name}], edges: [{name}Edge], pageInfo: PageInfo! }}\n"
        f"type {name}Edge {{ cursor: String!, node: {name} }}\n"
        for name in CONNECTIONS
    )
    return _TYPES.replace("PAGE", PAGE) + "\n".join(connections)
