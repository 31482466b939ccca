"""What a task knows of its lineage, noted while it runs: what it read, what it wrote, and what it did in Canvas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_canvas.lineage.datasets import LineageDataset, clean, course_dataset
from airflow_provider_canvas.lineage.run_facets import RunFacet, UnlistedDatasetsFacet
from airflow_provider_canvas.lineage.without_failing import without_failing

MAX_DATASETS = 200
"""How many inputs and how many outputs an event lists at most. It counts the others: a batch may have thousands."""

_Key = tuple[str, str]


class TaskLineage:
    """The lineage of one attempt of a task. Nothing is read for it: a task notes what it knows anyway."""

    def __init__(self) -> None:
        self._inputs: dict[_Key, LineageDataset] = {}
        self._outputs: dict[_Key, LineageDataset] = {}
        self._unlisted: dict[str, set[_Key]] = {"inputs": set(), "outputs": set()}
        self._facets: dict[str, RunFacet] = {}
        self._labels: dict[str, dict[str, str]] = {}

    @property
    def inputs(self) -> list[LineageDataset]:
        """What the task read."""
        return list(self._inputs.values())

    @property
    def outputs(self) -> list[LineageDataset]:
        """What the task wrote."""
        return list(self._outputs.values())

    @property
    def facets(self) -> list[RunFacet]:
        """What the task did in Canvas."""
        unlisted = {name: len(keys) for name, keys in self._unlisted.items()}
        return [*self._facets.values(), *([UnlistedDatasetsFacet(**unlisted)] if any(unlisted.values()) else [])]

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """The names and SIS ids of courses, by number, as JSON: a task that defers keeps them."""
        return self._labels

    def read(self, *datasets: LineageDataset) -> None:
        """Note what the task read."""
        self._note(datasets, self._inputs, self._unlisted["inputs"])

    def write(self, *datasets: LineageDataset) -> None:
        """Note what the task wrote."""
        self._note(datasets, self._outputs, self._unlisted["outputs"])

    def copy(self, source: LineageDataset, destination: LineageDataset) -> None:
        """Note that the content of a dataset was copied into another.

        :param source: The dataset that was read.
        :param destination: The dataset that was written.
        """
        self.read(source)
        self.write(replace(destination, copied_from=source))

    def describe(self, facet: RunFacet) -> None:
        """Note what the task did in Canvas. A later facet of the same kind replaces an earlier one.

        :param facet: The facet.
        """
        self._facets[facet.KEY] = facet

    @without_failing
    def label(self, course: Mapping[str, Any]) -> None:
        """Note the name and the SIS id of a course.

        :param course: The record of the course.
        """
        self.label_course(course.get("id"), course.get("name"), course.get("sis_course_id"))

    @without_failing
    def label_course(self, course_id: object, name: object, sis_course_id: object) -> None:
        """Note the name and the SIS id of a course.

        :param course_id: Its number.
        :param name: Its name, if that is known.
        :param sis_course_id: Its SIS id, if that is known.
        """
        known = {"name": name, "sis_course_id": sis_course_id}
        label = {key: clean(value) for key, value in known.items() if isinstance(value, str) and value}
        if course_id is not None and label:
            self._labels[str(course_id)] = label

    @without_failing
    def keep_labels(self, labels: object) -> None:
        """Note the names and SIS ids that a task kept over a deferral.

        :param labels: What :attr:`labels` was.
        """
        for course_id, label in labels.items() if isinstance(labels, Mapping) else ():
            if isinstance(label, Mapping):
                self.label_course(course_id, label.get("name"), label.get("sis_course_id"))

    def course(self, host: str, course_id: object) -> LineageDataset:
        """Return a course as a dataset, with its name and its SIS id if the task knows them.

        :param host: The host of Canvas.
        :param course_id: The course's number.
        """
        label = self._labels.get(str(course_id), {})
        return course_dataset(host, course_id, label.get("name"), label.get("sis_course_id"))

    def _note(
        self, datasets: Iterable[LineageDataset], listed: dict[_Key, LineageDataset], unlisted: set[_Key]
    ) -> None:
        for dataset in datasets:
            key = (dataset.namespace, dataset.name)
            if (known := listed.get(key)) is not None:
                listed[key] = known.merged(dataset)
            elif len(listed) < MAX_DATASETS or not dataset.namespace.startswith("canvas://"):
                listed[key] = dataset
            else:
                unlisted.add(key)
