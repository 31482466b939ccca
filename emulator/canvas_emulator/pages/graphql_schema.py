"""The part of Canvas's GraphQL schema that the emulator has, in the versions of 2023 and of 2026."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from graphql import GraphQLSchema, build_schema

from canvas_emulator.model.editions import GraphQLVersion
from canvas_emulator.pages.graphql_content import CONTENT_RESOLVERS
from canvas_emulator.pages.graphql_content_schema import content_schema
from canvas_emulator.pages.graphql_resolvers import RESOLVERS, TYPE_OF

SCHEMA = """
type Query {
  course(id: ID, sisId: String): Course
  allCourses: [Course!]
  courses(ids: [ID!]!): [Course!]  # 2026
  legacyNode(_id: ID!, type: NodeType!): Node
  node(id: ID!): Node
}

interface Node { id: ID! }

scalar DateTime

enum NodeType {
  Account Assignment AssignmentGroup Course Discussion DiscussionEntry Enrollment File GradingPeriod
  GradingPeriodGroup  # 2026
  Group GroupSet InternalSetting LearningOutcomeGroup MediaObject Module ModuleItem OutcomeCalculationMethod
  OutcomeProficiency Page PostPolicy Progress Rubric Section Submission Term
  UsageRights  # 2026
  User
}

enum CourseWorkflowState { created claimed available completed deleted }

enum ProgressState { queued running completed failed }

union ProgressContext = Assignment | Course | File

type Progress implements Node {
  _id: ID!
  id: ID!
  state: ProgressState!
  completion: Int
  message: String
  tag: String!
  context: ProgressContext
  createdAt: DateTime
  updatedAt: DateTime
}

type Course implements Node {
  _id: ID!
  id: ID!
  name: String!
  courseCode: String
  state: CourseWorkflowState!
  sisId: String
  syllabusBody: String
  term: Term
  account: Account
  createdAt: DateTime
  updatedAt: DateTime
}

type Term implements Node { _id: ID!, id: ID!, name: String, startAt: DateTime, endAt: DateTime, sisId: String }

type Account implements Node { _id: ID!, id: ID!, name: String, sisId: String }

type PageInfo { hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String }

type Mutation { createAssignment(input: CreateAssignmentInput!): CreateAssignmentPayload }

input CreateAssignmentInput { courseId: ID!, name: String! }

type CreateAssignmentPayload { assignment: Assignment, errors: [ValidationError!] }

type ValidationError { attribute: String!, message: String! }
"""
"""A line that ends in ``# 2026`` is not in the schema of 2023."""


class Abstract(StrEnum):
    """The types whose objects are of several types."""

    NODE = "Node"
    PROGRESS_CONTEXT = "ProgressContext"
    ITEM = "ModuleItemInterface"


@cache
def schema(version: GraphQLVersion) -> GraphQLSchema:
    """Build the schema of a version, which is slow. The context of a query is the ``Request``."""
    text = SCHEMA + content_schema()
    built = build_schema(re.sub(r".*# 2026\n", "", text) if version is GraphQLVersion.V2023 else text)
    for type_name, resolvers in (*RESOLVERS.items(), *CONTENT_RESOLVERS.items()):
        for name, resolve in resolvers.items():
            if name in (fields := built.type_map[type_name].fields):  # type: ignore[attr-defined]  # an object type
                fields[name].resolve = resolve
    for name in Abstract:
        built.type_map[name].resolve_type = TYPE_OF  # type: ignore[attr-defined]  # an abstract type
    return built
