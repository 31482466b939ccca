"""What users set: the fields of the connection, and the options of Airflow's configuration."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.get_provider_info import get_provider_info
from reference.objects import describe, heading

STANDARD_FIELDS = {
    "host": "The address of your Canvas, such as ``https://school.instructure.com``.",
    "password": "An access token. In Canvas: *Account, Settings, New access token*. It may be empty if there is a "
    "refresh token.",
}
"""The fields that every connection of Airflow has, and this type uses."""


def connection_fields() -> str:
    """Return the descriptions of all fields of the connection, by their JSON names, with the labels of the form."""
    (connection_type,) = get_provider_info()["connection-types"]
    behaviour = connection_type["ui-field-behaviour"]
    name = connection_type["connection-type"]
    standard = [
        _field(name, field, behaviour["relabeling"][field], "text", text, top_level=True)
        for field, text in STANDARD_FIELDS.items()
    ]
    extra = [
        _field(name, field, about["label"], _schema(about["schema"]), about.get("description", ""), top_level=False)
        for field, about in connection_type["conn-fields"].items()
    ]
    return "\n".join([*standard, *extra])


def _field(connection_type: str, field: str, label: str, kind: str, text: str, *, top_level: bool) -> str:
    place = f"``{field}``" if top_level else f"``extra.{field}``"
    shown = f"{label}: {field}"
    return describe("connection-field", f"{connection_type}.{field}", shown, kind, f"{text}\n\nIn JSON: {place}.")


def _schema(schema: dict[str, Any]) -> str:
    """Return what a JSON schema allows, in words."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    words = ["secret text" if schema.get("format") == "password" else kind for kind in kinds if kind != "null"]
    text = " or ".join(words).replace("string", "text")
    if "minimum" in schema and "maximum" in schema:
        text += f", {schema['minimum']} to {schema['maximum']}"
    if "enum" in schema:
        text += ": " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    return text


def configuration() -> str:
    """Return the descriptions of all options of Airflow's configuration that the provider adds."""
    lines = []
    for section, about in get_provider_info().get("config", {}).items():
        lines += [heading(f"[{section}]"), about.get("description") or "", ""]
        lines += [_option(section, name, option) for name, option in about["options"].items()]
    return "\n".join(lines)


def _option(section: str, name: str, option: dict[str, Any]) -> str:
    default = option.get("default")
    facts = [
        f"* Default: ``{default}``" if default not in (None, "") else "* Default: none",
        f"* Environment variable: ``AIRFLOW__{section.upper()}__{name.upper()}``",
        *([f"* Example: ``{option['example']}``"] if option.get("example") else []),
        *([f"* Since version {option['version_added']}"] if option.get("version_added") else []),
    ]
    text = "\n".join([" ".join(option["description"].split()), "", *facts])
    return describe("config-option", f"{section}.{name}", name, option["type"], text)
