"""Faults that tests and demos add: of requests, of jobs, or of single assets in a copy.

- A ``Rule`` is about requests: which it matches, how often, and what happens to them.
- A ``MigrationFault`` is about the next course copy that begins, an ``ExportFault`` about the next content export.
- An ``ImportDefect`` belongs to an asset, and shows in every copy of it.
"""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from canvas_emulator.machines import content_export, content_migration
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.machines.plans import Plan


class Action(StrEnum):
    """The effect of a rule on a request.

    ``respond``: responds in Canvas's place, and nothing is executed. ``respond_after``: executes it, and responds in
    Canvas's place. ``delay``: lets it wait before Canvas executes it. ``delay_after``:
    executes it, and holds the response back. ``drop``: closes the connection, nothing is executed. ``drop_after``:
    executes it and closes the connection: the response is lost. ``truncate``: executes it and closes the connection
    in the middle of the body.
    """

    RESPOND = "respond"
    RESPOND_AFTER = "respond_after"
    DELAY = "delay"
    DELAY_AFTER = "delay_after"
    DROP = "drop"
    DROP_AFTER = "drop_after"
    TRUNCATE = "truncate"


class Body(StrEnum):
    """The body of a ``respond``: Canvas's JSON, a load balancer's page, or Canvas's refusal of a request or a token.

    ``throttle`` and ``token`` have the status with which Canvas refuses a throttled request and a revoked token.
    """

    JSON = "json"
    HTML = "html"
    THROTTLE = "throttle"
    TOKEN = "token"  # noqa: S105  # the name of a body


MAX_DELAY = 3600
"""The longest delay of a request, in real seconds."""


@dataclass
class Rule:
    r"""A fault of requests between client and Canvas.

    :param path: A regular expression that is searched in the path, for example ``/progress/\d+$``.
    :param action: What happens to the request.
    :param method: Only requests with this method; None for all.
    :param times: How many requests it hits; None for ever.
    :param skip: How many matching requests it lets pass first.
    :param probability: The share of the matching requests that it hits, drawn with the world's seed.
    :param status: The status of a ``respond`` or ``respond_after``.
    :param body: The body of a ``respond`` or ``respond_after``.
    :param seconds: How long a delay is, in real seconds.
    """

    path: str
    action: Action = Action.RESPOND
    method: str | None = None
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    status: int = 502
    body: Body = Body.JSON
    seconds: float = 1.0

    def __post_init__(self) -> None:
        self.action, self.body = Action(self.action), Body(self.body)
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be from 0 to 1, not {self.probability}")
        if not 200 <= self.status <= 599:
            raise ValueError(f"status must be from 200 to 599, not {self.status}")
        if not (0 <= self.seconds <= MAX_DELAY and self.skip >= 0 and (self.times is None or self.times >= 1)):
            raise ValueError(f"seconds must be from 0 to {MAX_DELAY}, skip at least 0, and times at least 1 or null")
        try:
            self._pattern = re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from error

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule matches a request."""
        return (self.method is None or self.method.upper() == method) and bool(self._pattern.search(path))


RANDOM_ACTIONS = (Action.RESPOND, Action.RESPOND_AFTER, Action.DROP, Action.DROP_AFTER)
"""What can happen to a request that a ``RandomFaults`` hits, each as often as the others."""


@dataclass
class RandomFaults:
    r"""Faults of requests at a rate: a status of 500 or a dropped connection, before or after the execution.

    :param rate: The share of the requests that it hits.
    :param seed: Makes the draws repeatable: the same requests in the same order meet the same faults.
    :param path: A regular expression that is searched in the path.
    :param method: Only requests with this method; None for all.
    """

    rate: float
    seed: int = 1
    path: str = "^/api/"
    method: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate must be from 0 to 1, not {self.rate}")
        self._random = random.Random(self.seed)  # noqa: S311  repeatable, not secret
        self._matching = Rule(self.path, method=self.method)

    def pick(self, method: str, path: str) -> Rule | None:
        """Return what happens to a request; None if it is not hit."""
        if not self._matching.matches(method, path) or self._random.random() >= self.rate:
            return None
        return Rule(self.path, self._random.choice(RANDOM_ACTIONS), times=None, status=500)


@dataclass
class MigrationFault:
    """A fault of the next content migration that begins: a course copy, or the import of a package.

    :param kind: What goes wrong.
    :param stage: The stage of the plan in whose place it goes wrong, counted from 0.
    :param factor: How much slower a slow copy is.
    :param rate: The share of all migrations that it hits from now on; None for the next one only.
    :param seed: Makes the draws of ``rate`` repeatable: whether a migration is hit depends on its course, and on how
        many migrations into the course were started before, but not on other courses.
    """

    kind: Fault
    stage: int = 10
    factor: float = 4.0
    rate: float | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        self.kind = Fault(self.kind)
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise ValueError(f"rate must be from 0 to 1, or null, not {self.rate}")
        stages = len(content_migration.COURSE_COPY)
        if not 0 <= self.stage < stages:
            raise ValueError(f"stage of a course copy must be from 0 to {stages - 1}, not {self.stage}")
        if self.factor <= 0:
            raise ValueError(f"factor must be above 0, not {self.factor}")

    def hits(self, course_id: int, number: int) -> bool:
        """Tell whether it hits a migration.

        :param course_id: Where the migration goes.
        :param number: How many migrations into the course were started before it.
        """
        draw = random.Random(f"{self.seed} {course_id} {number}").random()  # noqa: S311  repeatable, not secret
        return self.rate is not None and draw < self.rate

    def change(self, plan: Plan) -> Plan:
        """Return the plan with the fault in it; a shorter plan than that of a course copy has it at its end."""
        stage = min(self.stage, len(plan) - 1)
        match self.kind:
            case Fault.FAILS:
                return content_migration.fails(plan, stage)
            case Fault.HUNG_PROGRESS:
                return content_migration.hung_progress(plan, stage)
            case Fault.STUCK:
                return content_migration.stuck(plan, stage)
            case Fault.SLOW:
                return content_migration.slow(plan, self.factor)


class ExportFaultKind(StrEnum):
    """What can go wrong with a content export."""

    FAILS = "fails"
    STUCK = "stuck"
    SLOW = "slow"


@dataclass
class ExportFault:
    """A fault of the next content export.

    :param kind: What goes wrong.
    :param stage: The stage at which it goes wrong, counted from 0; ``slow`` ignores it.
    :param factor: How many times longer a slow export takes; above 0.
    """

    kind: ExportFaultKind
    stage: int = 3
    factor: float = 4.0

    def __post_init__(self) -> None:
        self.kind = ExportFaultKind(self.kind)
        stages = len(content_export.EXPORT)
        if not 0 <= self.stage < stages:
            raise ValueError(f"stage of a content export must be from 0 to {stages - 1}, not {self.stage}")
        if self.factor <= 0:
            raise ValueError(f"factor must be above 0, not {self.factor}")

    def change(self, plan: Plan) -> Plan:
        """Return the plan with the fault in it; a plan in which the export ends earlier has it at that end."""
        stage = min(self.stage, next(number for number, each in enumerate(plan) if each.effect is not None))
        match self.kind:
            case ExportFaultKind.FAILS:
                return content_export.fails(plan, stage)
            case ExportFaultKind.STUCK:
                return content_export.stuck(plan, stage)
            case ExportFaultKind.SLOW:
                return content_export.slow(plan, self.factor)


class Defect(StrEnum):
    """What happens to an asset that cannot be copied completely.

    ``not_copied``: it does not arrive, and an issue says so. ``title_shortened``: it arrives with the first words
    of its title. ``quiz_not_migrated``: the assignment arrives as ``migrating``, and some time after the copy turns
    ``failed_to_migrate``. ``deleted_at_once``: it arrives, and a user of the destination deletes it at once.
    """

    NOT_COPIED = "not_copied"
    TITLE_SHORTENED = "title_shortened"
    QUIZ_NOT_MIGRATED = "quiz_not_migrated"
    DELETED_AT_ONCE = "deleted_at_once"


@dataclass(frozen=True)
class ImportDefect:
    """An asset that cannot be copied completely.

    :param asset_type: Its type as the asset id mapping names it.
    :param title: Its title in the source course.
    :param defect: What becomes of it.
    :param destination_id: Only in copies into this course; None for all.
    """

    asset_type: str
    title: str
    defect: Defect
    destination_id: int | None = None


@dataclass
class Faults:
    """All faults of a world.

    :param seed: Makes the draws of ``probability`` repeatable.
    :param rules: The faults of requests; the first that applies is used.
    :param storm_until: Until then every request is throttled.
    :param random: The faults of requests at a rate, used where no rule applies.
    :param migrations: The faults of the next course copies, the oldest first, and those at a rate.
    :param exports: The faults of the next content exports, the oldest first.
    :param import_defects: The assets that cannot be copied completely.
    """

    seed: int = 1
    rules: list[Rule] = field(default_factory=list)
    random: list[RandomFaults] = field(default_factory=list)
    storm_until: datetime | None = None
    migrations: deque[MigrationFault] = field(default_factory=deque)
    exports: deque[ExportFault] = field(default_factory=deque)
    import_defects: list[ImportDefect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  repeatable, not secret
        self._starts = Counter[int]()

    def pick(self, method: str, path: str) -> Rule | None:
        """Return the first rule that applies to a request, if any, and count it as used."""
        for rule in self.rules:
            if rule.times == 0 or not rule.matches(method, path):
                continue
            if rule.skip > 0:
                rule.skip -= 1
            elif self._random.random() < rule.probability:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        for faults in self.random:
            if (drawn := faults.pick(method, path)) is not None:
                return drawn
        return None

    def next_copy(self, plan: Plan, course_id: int) -> Plan:
        """Return the plan of the course copy that begins now: with the oldest fault in it, if one hits it.

        :param course_id: Where it goes.
        """
        number, self._starts[course_id] = self._starts[course_id], self._starts[course_id] + 1
        for fault in self.migrations:
            if fault.rate is None:
                self.migrations.remove(fault)
                return fault.change(plan)
            if fault.hits(course_id, number):
                return fault.change(plan)
        return plan

    def next_export(self, plan: Plan) -> Plan:
        """Return the plan of the content export that begins now: with the oldest fault in it, if there is one."""
        return self.exports.popleft().change(plan) if self.exports else plan

    def clear(self) -> None:
        """Remove all rules and faults of jobs. The defects of assets stay: they are part of the courses."""
        self.rules.clear()
        self.random.clear()
        self.storm_until = None
        self.migrations.clear()
        self.exports.clear()

    def defect_of(self, asset_type: str, title: str, destination_id: int) -> Defect | None:
        """Return the defect of an asset in copies into a course, if it has one."""
        for defect in self.import_defects:
            if (defect.asset_type, defect.title) == (asset_type, title) and defect.destination_id in (
                None,
                destination_id,
            ):
                return defect.defect
        return None
