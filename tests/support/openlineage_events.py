"""Check events of OpenLineage against the classes of its client, which are generated from the specification.

Each class becomes a JSON schema that takes no other fields. A facet is checked against the schema that it names itself:
that of a class of the client, or a file of this package.
"""

from __future__ import annotations

import enum
import importlib.util
import inspect
import json
import pkgutil
import types
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import jsonschema
from lineage_schemas import FOLDER, RUN_FACET
from openlineage.client import event_v2, generated
from openlineage.client.generated.base import RunFacet
from openlineage.client.serde import Serde

from airflow_provider_canvas.lineage.run_facets import SCHEMAS

AIRFLOW_FACETS = "https://openlineage.io/spec/2-0-2/OpenLineage.json#"
"""The start of the address that Airflow's own facets name: that of all facets."""

HAS_LINEAGE_FACET = importlib.util.find_spec("openlineage.client.generated.lineage") is not None
"""Whether the client has the facet ``lineage``, as 1.53 and later have."""

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}


def facets_of(lineage: Any) -> dict[str, Any]:
    """Return what an operator reports as JSON, checked: ``inputs``, ``outputs`` and ``run_facets``.

    :param lineage: An ``OperatorLineage``.
    """
    found = json.loads(
        json.dumps({key: _as_json(getattr(lineage, key)) for key in ("inputs", "outputs", "run_facets")})
    )
    for dataset in found["inputs"]:
        check(dataset, event_v2.InputDataset)
    for dataset in found["outputs"]:
        check(dataset, event_v2.OutputDataset)
    for facet in _facets(found):
        check_facet(facet)
    return dict(found)


def check_event(event: dict[str, Any]) -> None:
    """Check a whole event, as it was sent.

    :param event: The event.
    """
    check({name: value for name, value in event.items() if name != "schemaURL"}, event_v2.RunEvent)
    for facet in _facets(event):
        check_facet(facet)


def check_facet(facet: dict[str, Any]) -> None:
    """Check a facet against the schema that it names. Airflow's own facets name none of their own.

    :param facet: The facet.
    """
    url = facet["_schemaURL"]
    if url.startswith(SCHEMAS):
        _validator_of_own_facet(url.rpartition("/")[2]).validate(facet)
    elif not url.startswith(AIRFLOW_FACETS) and (known := client_classes().get(url)) is not None:
        check(facet, known)
    else:
        assert url.startswith(AIRFLOW_FACETS), f"no class of the client has the schema {url}"


def check(value: Any, known: type[Any]) -> None:
    """Check a JSON object against a class of the client."""
    _validator_of(known).validate(value)


@cache
def _validator_of(known: type[Any]) -> Any:
    return jsonschema.Draft202012Validator(schema_of(known))


@cache
def _validator_of_own_facet(name: str) -> Any:
    """Return the validator of a run facet of this package, which takes no other fields either."""
    (own,) = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["$defs"][name]["allOf"][1:]
    properties = {**own["properties"], **schema_of(RunFacet)["$defs"]["RunFacet"]["properties"]}
    assert RUN_FACET.rpartition("/")[2] == RunFacet.__name__
    return jsonschema.Draft202012Validator({**own, "properties": properties, "additionalProperties": False})


@cache
def schema_of(known: type[Any]) -> dict[str, Any]:
    """Return a class of the client as a JSON schema."""
    definitions: dict[str, Any] = {}
    return {**_reference(known, definitions), "$defs": definitions}


def _reference(known: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to a class of the client, and add the class to the definitions; classes may be recursive."""
    name = known.__qualname__
    if name not in definitions:
        definitions[name] = {}  # so that a recursive class ends here
        hints = get_type_hints(known)
        definitions[name] = {
            "type": "object",
            "properties": {each.name: _type_of(hints[each.name], definitions) for each in attrs.fields(known)},
            "required": [each.name for each in attrs.fields(known) if each.default is attrs.NOTHING],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


@cache
def client_classes() -> dict[str, type[Any]]:
    """Return the classes of the client by the address of their schema."""
    found = {}
    for info in pkgutil.iter_modules(generated.__path__):
        module = importlib.import_module(f"openlineage.client.generated.{info.name}")
        for _, value in inspect.getmembers(module, inspect.isclass):
            if attrs.has(value) and hasattr(value, "_get_schema"):
                found[value._get_schema()] = value
    return found


def _type_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type_of(part, definitions) for part in arguments if part is not types.NoneType]}
    if origin is list:
        return {"type": "array", "items": _type_of(arguments[0], definitions)}
    if origin is dict:
        # Facets are checked one by one, against the schemas that they name.
        is_facet = inspect.isclass(arguments[1]) and arguments[1].__name__.endswith("Facet")
        return {"type": "object", "additionalProperties": is_facet or _type_of(arguments[1], definitions)}
    if origin is Literal or (inspect.isclass(hint) and issubclass(hint, enum.Enum)):
        return {"enum": list(arguments) or [each.value for each in hint]}
    if attrs.has(hint):
        return _reference(hint, definitions)
    return {"type": _SIMPLE[hint]} if hint in _SIMPLE else {}


def _facets(found: Any) -> Iterator[dict[str, Any]]:
    """Yield all facets of an event."""
    if isinstance(found, dict):
        if "_schemaURL" in found:
            yield found
        for value in found.values():
            yield from _facets(value)
    elif isinstance(found, list):
        for value in found:
            yield from _facets(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: Serde.to_dict(item) for key, item in value.items()}
    return [Serde.to_dict(item) for item in value]
