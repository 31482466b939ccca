"""The settings of the emulator: differences between installations and versions of Canvas, and durations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from canvas_emulator.machines.lanes import SIS_TEMPLATES, LaneKind
from canvas_emulator.model.editions import (
    BY_EDITION,
    DIFFERENCES,
    Edition,
    GraphQLVersion,
    NewQuizzesMode,
    default_edition,
)


class StorageMode(StrEnum):
    """Where a Canvas keeps its files: on its own disk, in S3, or in Instructure's file service."""

    LOCAL = "local"
    S3 = "s3"
    INST_FS = "inst_fs"


class BlockEditor(StrEnum):
    """What a PUT of the body of a page does that was written in the block editor.

    ``off``: there is no block editor; all pages have a body. ``refuse``: 400. ``ignore``: 200, and nothing changes.
    """

    OFF = "off"
    REFUSES = "refuse"
    IGNORES = "ignore"


class TopicEdit(StrEnum):
    """What a changed message of a published topic does: nothing, an entry in activity streams, or notifications."""

    STREAM = "stream"
    NONE = "none"
    MAIL = "mail"


class BadNode(StrEnum):
    """What GraphQL responds to the id of a row that does not exist, for types that Canvas does not guard.

    ``500``: the whole request fails. ``null``: that field is null. ``error``: it is null, with an error.
    """

    FAILS = "500"
    NULL = "null"
    ERROR = "error"


@dataclass
class Settings:
    """The settings. All can be changed while the emulator runs.

    A new edition changes all settings of ``editions.DIFFERENCES``; those that are set together with it or after it
    keep their own values. ``dataclasses.replace`` sets all settings, so it cannot change the edition.

    :param edition: Which Canvas is imitated.
    :param copy_seconds: How long a course copy takes, from its POST to ``completed``.
    :param copy_seconds_per_asset: How much longer a course copy takes for each asset of its source.
    :param import_seconds: How long the import of a package takes, once its file is there.
    :param export_seconds: How long a content export takes.
    :param storage: How uploads and downloads go.
    :param file_verifiers: Addresses of files open without a token. Canvas takes that back in 2026.
    :param bearer_downloads: ``/files/:id/download``, which is not of the API, takes an access token.
    :param attachment_days: For so long a migration or an export shows its file.
    :param quiz_migration_seconds: How long a quiz assignment stays ``migrating`` before it fails.
    :param finished_at_halfway: ``finished_at`` of a migration is set when the export or conversion is over, and stays
        so at the end; if not, it is set at the end.
    :param cancel_stops_job: Cancelling a Progress stops its job. In Canvas it does not.
    :param asset_map_v2: The mapping also has entries keyed by migration id, whose values are objects.
    :param legacy_copied_links: A link to a page keeps its slug in a copy, although the page may have got another one
        there, and the iframe of a media file still shows the file of the source, as in copies of 2023.
    :param legacy_permission_401: A missing right answers 401, as servers did before 2022, and not 403.
    :param legacy_throttle_403: A throttled request answers 403, as servers did before October 2025, and not 429.
    :param legacy_token_messages: An expired or revoked token answers as an unknown one.
    :param max_per_page: How many rows a page of a listing has at most.
    :param max_unpacked_mib: How many MiB a package may have when it is unpacked, in memory; the import of a larger one
        fails.
    :param newer_keys: Responses have the keys, and requests the parameters, that came after June 2023.
    :param upload_duplicate_error: An upload may have ``on_duplicate=error``.
    :param skip_course_template: A new course may be created without the account's template, and a course that is reset
        does not get its content.
    :param stale_bookmark_400: A ``page`` that is no bookmark of the listing answers 400, and not an empty list.
    :param require_user_agent: Requests without a User-Agent are refused.
    :param user_agent_status: The status of that refusal. In Canvas: unconfirmed.
    :param unknown_route_html: A path that is no route answers with a page of HTML, and not with JSON.
    :param model_error_codes: Errors of records have short codes for a type, and not the message again.
    :param lti_progress_route: There is the route ``/api/lti/courses/:course_id/progress/:id``.
    :param progress_days: The number of days after which a Progress is deleted; 0 keeps it.
    :param teachers_rename_courses: Teachers may change a course's name and code; if not, both are ignored.
    :param deletes_sis_courses: A course with an SIS id can be deleted; if not, that fails.
    :param teachers_create_courses: Teachers may create courses in any account, not only administrators.
    :param elementary_school: The courses are those of an elementary school, where they have friendly names.
    :param gradebook_features: Courses have the features that two of their settings need: that teachers override final
        grades, and that SpeedGrader shows one group at a time. If not, both stay off.
    :param user_profiles: Users have avatars and profiles, which listings can include.
    :param sort_by_last_login: The users of a course can be sorted by their last login; if not, that fails.
    :param granular_permissions: The permissions to add, edit and delete things are apart; if not, the permission to
        manage them stands for all three, and these are reported as missing.
    :param lti_resource_links: There are the routes for LTI resource links.
    :param new_quizzes: Whether there are New Quizzes, and what becomes of one that is copied.
    :param new_quizzes_absent_status: The status of a Canvas without them: 403, 404 or 500; 0 for that of an unknown
        route.
    :param new_quizzes_paging: Their lists have pages, with links.
    :param new_quizzes_for_admins: Administrators without a place in a course may read its New Quizzes.
    :param quiz_duplication_seconds: How long a copied New Quiz is ``duplicating``.
    :param link_validation_seconds: How long a link validation takes.
    :param link_validation_fails: It fails.
    :param unreachable_hosts: The outside hosts that do not respond to it, such as ``*.example.org``.
    :param sharded: Ids may have the form ``shard~id``.
    :param replica_lag: The delay in seconds until a write can be read: listings and shows of courses, migrations,
        exports and Progress come from a replica of the database. 0 has none.
    :param lanes: How many jobs of each lane run at the same time; 0 for any number, and 1 in a Canvas as it is
        installed. A lane is for the migrations of one root account that were started in the same way.
    :param lane_widths: The same for single kinds of lanes, such as ``{"api": 4}``; see ``machines.lanes.LaneKind``.
    :param job_expiration_hours: A migration whose turn in its lane comes so many hours after it was queued fails.
    :param block_editor: What a PUT of the body of a page of the block editor does. In Canvas: unconfirmed.
    :param topic_edit: What a changed message of a topic does. In today's Canvas: unconfirmed.
    :param tool_item_url: A PUT of a module item of a tool changes its URL; if not, the URL is ignored.
    :param batch_seconds: How long an update of many courses takes.
    :param graphql_version: The version of the GraphQL schema: that of 2023 has no ``courses(ids:)``, and fewer
        connections of a course.
    :param graphql_aliases: How many aliases a GraphQL document may have; 0 for any number, as for all these limits.
    :param graphql_directives: How many directives it may have.
    :param graphql_mutations: How many mutations it may have.
    :param graphql_tokens: How many tokens it may have.
    :param graphql_depth: How deeply its fields may be nested.
    :param graphql_complexity: How complex it may be: a field counts 1, a page of a list counts for all of its rows.
    :param graphql_page: How many rows a page of a GraphQL connection has at most. With 0, a connection without
        ``first`` and ``last`` has all rows; otherwise 20.
    :param grading_periods_over: The account has grading periods, and all of them are over: GraphQL then lists only the
        assignments that a filter asks for.
    :param graphql_bad_node: What GraphQL responds to the id of a Progress that does not exist.
    :param graphql_introspection: GraphQL tells its schema.
    :param graphql_seconds: How long a GraphQL query takes, in real seconds.
    :param graphql_timeout: A GraphQL query that takes longer than so many real seconds ends with a status of 500.
    :param throttle: Refuse requests of a token whose bucket is full. The bucket is kept in any case.
    :param latency: How long each request takes at least, in real seconds.
    :param seconds_per_unit: How many real seconds a request takes for each unit that it costs: about 1.8 on a real
        Canvas, where a request costs 0.55 of its duration.
    :param cost: What each request costs its token's bucket, in units, besides what such a request cost a real Canvas.
    :param up_front: What is held in the bucket while a request is in flight.
    :param high_water_mark: From here on the bucket refuses.
    :param maximum: The bucket never holds more.
    :param outflow: Units that leak from the bucket each second: of real time, however fast the clock is.
    """

    edition: Edition = field(default_factory=default_edition)
    copy_seconds: float = 25.0
    copy_seconds_per_asset: float = 0.0
    import_seconds: float = 20.0
    export_seconds: float = 10.0
    storage: StorageMode = StorageMode.LOCAL
    file_verifiers: bool = True
    bearer_downloads: bool = False
    attachment_days: float = 30
    quiz_migration_seconds: float = 600.0
    finished_at_halfway: bool = BY_EDITION
    cancel_stops_job: bool = False
    asset_map_v2: bool = False
    legacy_copied_links: bool = BY_EDITION
    legacy_permission_401: bool = BY_EDITION
    legacy_throttle_403: bool = BY_EDITION
    legacy_token_messages: bool = BY_EDITION
    max_per_page: float = BY_EDITION
    max_unpacked_mib: float = 256
    newer_keys: bool = BY_EDITION
    upload_duplicate_error: bool = BY_EDITION
    skip_course_template: bool = BY_EDITION
    stale_bookmark_400: bool = BY_EDITION
    require_user_agent: bool = BY_EDITION
    user_agent_status: float = 403
    unknown_route_html: bool = True
    model_error_codes: bool = False
    lti_progress_route: bool = False
    progress_days: float = 0
    teachers_rename_courses: bool = True
    deletes_sis_courses: bool = True
    teachers_create_courses: bool = BY_EDITION
    elementary_school: bool = False
    gradebook_features: bool = BY_EDITION
    user_profiles: bool = BY_EDITION
    sort_by_last_login: bool = BY_EDITION
    granular_permissions: bool = BY_EDITION
    lti_resource_links: bool = BY_EDITION
    new_quizzes: NewQuizzesMode = BY_EDITION
    new_quizzes_absent_status: float = 0
    new_quizzes_paging: bool = True
    new_quizzes_for_admins: bool = True
    quiz_duplication_seconds: float = 0
    link_validation_seconds: float = 20.0
    link_validation_fails: bool = False
    unreachable_hosts: tuple[str, ...] = ()
    sharded: bool = BY_EDITION
    replica_lag: float = 0
    lanes: float = 0
    lane_widths: dict[str, float] = field(default_factory=dict)
    job_expiration_hours: float = 48
    block_editor: BlockEditor = BlockEditor.OFF
    topic_edit: TopicEdit = TopicEdit.STREAM
    tool_item_url: bool = False
    batch_seconds: float = 3.0
    graphql_version: GraphQLVersion = BY_EDITION
    graphql_aliases: float = BY_EDITION
    graphql_directives: float = BY_EDITION
    graphql_mutations: float = 0
    graphql_tokens: float = BY_EDITION
    graphql_depth: float = BY_EDITION
    graphql_complexity: float = BY_EDITION
    graphql_page: float = BY_EDITION
    grading_periods_over: bool = False
    graphql_bad_node: BadNode = BadNode.FAILS
    graphql_introspection: bool = True
    graphql_seconds: float = 0
    graphql_timeout: float = 60
    throttle: bool = True
    latency: float = 0.0
    seconds_per_unit: float = 0.0
    cost: float = 0.0
    up_front: float = 50.0
    high_water_mark: float = 600.0
    maximum: float = 800.0
    outflow: float = 10.0

    def __setattr__(self, name: str, value: object) -> None:
        """Set a setting. A new edition sets all settings that depend on it.

        :raises ValueError: When there is no such edition.
        """
        if value is BY_EDITION:
            return  # the edition, which is the first field, has set it
        if name == "edition":
            value = Edition(str(value))
            for difference in DIFFERENCES:
                super().__setattr__(difference.setting, difference.value(value))
        super().__setattr__(name, value)

    def width_of(self, lane: str) -> float:
        """Return how many jobs of a lane run at the same time, 0 for any number.

        :param lane: The lane's name, which starts with its kind.
        """
        if lane == SIS_TEMPLATES:
            return 1
        return self.lane_widths.get(lane.partition("/")[0], self.lanes)

    def change(self, values: Mapping[str, object]) -> None:
        """Change several settings by name, or none of them if one is invalid. The edition is changed first.

        :param values: Name to value; a switch takes true or false, a number takes a number of 0 or more, a word one
            of its words.
        :raises ValueError: When a name is unknown or a value is of the wrong kind.
        """
        checked = {name: self._checked(name, value) for name, value in values.items()}
        for name, value in sorted(checked.items(), key=lambda item: item[0] != "edition"):
            setattr(self, name, value)

    def _checked(self, name: str, value: object) -> object:
        known = {field.name for field in fields(self)}
        if name not in known:
            raise ValueError(f"the setting {name!r} does not exist; the settings are: {', '.join(sorted(known))}")
        match getattr(self, name):
            case bool():
                fits, wanted = isinstance(value, bool), "true or false"
            case StrEnum() as word:
                fits, wanted = value in list(type(word)), f"one of {', '.join(type(word))}"
                value = type(word)(str(value)) if fits else value
            case tuple():
                fits = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
                wanted = "a list of texts"
                value = tuple(str(each) for each in value) if isinstance(value, list | tuple) else value
            case Mapping():
                fits = isinstance(value, Mapping) and all(
                    kind in list(LaneKind) and _is_amount(width) for kind, width in value.items()
                )
                wanted = f"an object of numbers of 0 or more, whose keys are of {', '.join(LaneKind)}"
                value = dict(value) if isinstance(value, Mapping) else value
            case _:
                fits, wanted = _is_amount(value), "a number of 0 or more"
        if not fits:
            raise ValueError(f"{name} must be {wanted}")
        return value


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
