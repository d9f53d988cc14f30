"""Custom attributes of the demo studio: one of every type, on every kind of entity."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ftrack_local.seeds.ids import CUSTOM_ATTRIBUTE_TYPES, OBJECT_TYPES, make_id
from ftrack_local.seeds.system import Row, role_id

TAGS: Final = ("hero", "fullcg", "crowd", "water")
"""Values of the `tags` enumerator."""


@dataclass(frozen=True, slots=True)
class _Configuration:
    key: str
    label: str
    type: str
    entity_type: str
    default: Any
    object_type: str | None = None
    hierarchical: bool = False
    group: str = "Production"
    config: dict[str, Any] = field(default_factory=dict)


def _options(values: Sequence[str], multiple: bool) -> dict[str, Any]:
    """Options of an enumerator (wire: `data` is JSON text within JSON text)."""
    entries = [{"menu": value.replace("_", " ").capitalize(), "value": value} for value in values]
    return {"multiSelect": multiple, "data": json.dumps(entries)}


_CONFIGURATIONS: Final = (
    _Configuration("fstart", "Frame start", "number", "task", 1001, "Shot", config={"isdecimal": False}),
    _Configuration("fend", "Frame end", "number", "task", 1001, "Shot", config={"isdecimal": False}),
    _Configuration("handles", "Frame handles", "number", "task", 8, "Shot", config={"isdecimal": False}),
    _Configuration(
        "duration", "Frame duration", "expression", "task", "{self.fend - self.fstart + 1}", "Shot"
    ),
    _Configuration("tags", "Tags", "enumerator", "task", [], "Shot", config=_options(TAGS, multiple=True)),
    _Configuration("nle", "Edit reel", "text", "task", "", "Shot", config={"markdown": False}),
    _Configuration(
        "difficulty",
        "Difficulty",
        "enumerator",
        "task",
        ["normal"],
        "Task",
        config=_options(("easy", "normal", "hard"), multiple=False),
    ),
    _Configuration("delivery_date", "Delivery date", "date", "task", None, "AssetBuild"),
    _Configuration(
        "fps", "Frames per second", "number", "show", 24.0, hierarchical=True, config={"isdecimal": True}
    ),
    _Configuration(
        "colorspace", "Colour space", "text", "show", "acescg", hierarchical=True, group="Picture"
    ),
    _Configuration("vendor", "Vendor", "dynamic enumerator", "show", [], hierarchical=True),
    _Configuration("new_ingest", "New ingest", "boolean", "show", False),
    _Configuration("client", "Client", "text", "show", ""),
    _Configuration("wiki", "Wiki page", "url", "show", None),
    _Configuration("qc_passed", "QC passed", "boolean", "assetversion", False, group="Picture"),
    _Configuration(
        "render_hours",
        "Render hours",
        "number",
        "assetversion",
        0.0,
        group="Picture",
        config={"isdecimal": True},
    ),
    _Configuration("reference_page", "Reference page", "url", "asset", None),
    _Configuration("desk", "Desk", "text", "user", "", group="People"),
    _Configuration("delivered", "Delivered", "boolean", "list", False),
)


def configuration_id(key: str) -> str:
    """Id of the configuration with this key."""
    return make_id("CustomAttributeConfiguration", key)


def value_row(key: str, entity_id: str, value: Any) -> Row:
    """The row that sets a custom attribute on an entity."""
    return {
        "__entity_type__": "CustomAttributeValue",
        "configuration_id": configuration_id(key),
        "entity_id": entity_id,
        "value": value,
    }


def configuration_rows(project_id: str) -> Iterator[Row]:
    """All configurations with their groups and roles, one of them for a single project only."""
    for name in dict.fromkeys(configuration.group for configuration in _CONFIGURATIONS):
        yield {
            "__entity_type__": "CustomAttributeGroup",
            "id": make_id("CustomAttributeGroup", name),
            "name": name,
        }
    for sort, configuration in enumerate(_CONFIGURATIONS):
        yield _row(configuration, sort)
        yield from _roles(configuration.key)
    special = _Configuration("bid_code", "Bid code", "text", "task", "", "Shot")
    yield {**_row(special, len(_CONFIGURATIONS)), "project_id": project_id}
    yield from _roles(special.key)


def director_rows(project_id: str, user_id: str) -> Iterator[Row]:
    """A custom attribute link: every project can name a director."""
    configuration = make_id("CustomAttributeLinkConfiguration", "director")
    yield {
        "__entity_type__": "CustomAttributeLinkConfiguration",
        "id": configuration,
        "key": "director",
        "label": "Director",
        "entity_type": "show",
        "entity_type_to": "user",
        "one_to_one": False,
        "config": "{}",
        "group_id": make_id("CustomAttributeGroup", "Production"),
    }
    yield {
        "__entity_type__": "UserCustomAttributeLink",
        "id": make_id("UserCustomAttributeLink", project_id, user_id),
        "configuration_id": configuration,
        "from_id": project_id,
        "from_entity_type": "Project",
        "to_id": user_id,
        "to_entity_type": "User",
    }


def _row(configuration: _Configuration, sort: int) -> Row:
    object_type = configuration.object_type
    return {
        "__entity_type__": "CustomAttributeConfiguration",
        "id": configuration_id(configuration.key),
        "key": configuration.key,
        "label": configuration.label,
        "type_id": CUSTOM_ATTRIBUTE_TYPES[configuration.type],
        "entity_type": configuration.entity_type,
        "object_type_id": OBJECT_TYPES[object_type] if object_type is not None else None,
        "is_hierarchical": configuration.hierarchical,
        "default": configuration.default,
        "config": json.dumps(configuration.config),
        "group_id": make_id("CustomAttributeGroup", configuration.group),
        "sort": sort,
    }


def _roles(key: str) -> Iterator[Row]:
    for access, roles in (
        ("read", ("Administrator", "Project manager", "User", "API")),
        ("write", ("Administrator", "Project manager", "API")),
    ):
        for role in roles:
            yield {
                "__join__": f"custom_configuration_{access}_role",
                "configuration_id": configuration_id(key),
                "security_role_id": role_id(role),
            }
