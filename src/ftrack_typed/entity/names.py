"""The one place that decides how names of the wire are spelled in Python.

The spelling is reversible: two different wire names never meet in one Python name, and
:func:`wire_name` gives the original back.

* A name that is a plain, unreserved identifier stays as it is.
* A reserved name gets an underscore behind it: ``from`` → ``from_``, ``items`` → ``items_``.
* Leading underscores move to the end: ``_link`` → ``link_``, ``_from`` → ``from__``. Python would
  otherwise mangle such names or treat them as private.
* A name for which that would be ambiguous (it ends with an underscore, starts with ``x_``, or its
  spelling is an operator such as ``in_``) is prefixed with ``x_`` instead.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Final

from ftrack_typed.errors import UnsafeNameError

_MODEL_NAMES: Final = frozenset(
    [
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "model_computed_fields",
        "model_config",
        "model_construct",
        "model_copy",
        "model_dump",
        "model_dump_json",
        "model_extra",
        "model_fields",
        "model_fields_set",
        "model_json_schema",
        "model_parametrized_name",
        "model_post_init",
        "model_rebuild",
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
        "mro",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "register",
        "schema",
        "schema_json",
        "update_forward_refs",
        "validate",
    ]
)
"""Public names of a pydantic model and its metaclass, as a fixed list: generated code must not
change with the installed pydantic. A test checks that it covers the installed one."""

_ENTITY_NAMES: Final = frozenset(
    [
        "attributes",
        "clear",
        "entity_type",
        "get",
        "items",
        "keys",
        "pop",
        "popitem",
        "primary_key",
        "refresh_from",
        "session",
        "setdefault",
        "update",
        "values",
    ]
)
"""Public names of :class:`ftrack_typed.entity.Entity`: the mapping protocol and a few properties."""

_PATH_NAMES: Final = frozenset(
    """
    any asc cast desc each has in_ is_ is_not like not_in not_like
    """.split()
)
"""Operators offered by the class faces of attributes."""

_ANNOTATION_NAMES: Final = frozenset(["str", "int", "float", "bool", "datetime", "property", "object"])
"""Names that stand in annotations of generated class bodies; an attribute would shadow them there."""

RESERVED_ATTRIBUTES: Final = (
    frozenset(keyword.kwlist) | _MODEL_NAMES | _ENTITY_NAMES | _PATH_NAMES | _ANNOTATION_NAMES | {"self"}
)
"""Wire names that get a trailing underscore as Python attributes."""

RESERVED_CLASSES: Final = (
    frozenset(keyword.kwlist)
    | _ANNOTATION_NAMES
    | frozenset(
        """
        AccountHelpers annotations Any AnyCustomAttributes AssignmentHelpers Attr ClassVar Collection
        CustomAttributes
        DeprecatedAttr DeprecatedMany DeprecatedOptRef DeprecatedReadOnly DeprecatedReadOnlyMany
        DeprecatedReadOnlyOptRef DeprecatedReadOnlyRef DeprecatedRef Entity EntityInfo EntityRegistry
        FilterOnly Identifier InviteeHelpers Iterable JsonObject KeyTo KeyValue Link LinkHelpers ListHelpers
        Literal Many Mapping NoteHelpers OptKeyTo OptRef ReadOnly ReadOnlyKeyTo ReadOnlyMany
        ReadOnlyOptKeyTo ReadOnlyOptRef ReadOnlyRef Ref REGISTRY ReplyHelpers ReviewHelpers TimerHelpers
        TYPE_CHECKING UID UNSET WorkflowHelpers
        """.split()
    )
)
"""Wire ids that get a trailing underscore as Python classes."""

_CUSTOM_NAMES: Final = frozenset(
    """
    any clear configuration configurations default each entity get inherited items keys offered own path pop
    popitem register rows setdefault source sources target update values
    Any ClassVar CustomAttr CustomAttributeInfo CustomAttributesInfo CustomOptions Literal None TYPE_CHECKING UNSET
    bool datetime float int list overload self str
    """.split()
) | frozenset(keyword.kwlist)
"""What custom attributes may not be called: what their mapping offers, and what its generated class mentions."""

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _is_safe(name: str) -> bool:
    return name.isidentifier() and unicodedata.normalize("NFKC", name) == name


def _require_safe(name: object, what: str) -> str:
    if not isinstance(name, str) or not _is_safe(name):
        raise UnsafeNameError(
            f"{what} {name!r} is not a name that can be written in Python: only letters, digits and "
            "underscores are, not starting with a digit, in their composed (NFKC) form."
        )
    return name


def _is_reserved(core: str) -> bool:
    # An upper-case initial could hide an entity class that the same class body refers to.
    return core in RESERVED_ATTRIBUTES or core[0].isupper()


def attribute_name(wire: str) -> str:
    """Spell the attribute `wire` in Python.

    Raises:
        UnsafeNameError: when it is no identifier, whatever it was meant to smuggle in.
    """
    _require_safe(wire, "Attribute")
    core = wire.lstrip("_")
    if not core or (wire.startswith("__") and wire.endswith("__")):
        raise UnsafeNameError(f"Attribute {wire!r} is a name that Python keeps for itself.")
    lead = len(wire) - len(core)
    spelled = core + "_" * (lead + _is_reserved(core))
    ambiguous = (
        core.endswith("_") or spelled.startswith("x_") or core[0].isdigit() or f"{core}_" in _PATH_NAMES
    )
    # Where appending or moving underscores would meet another name, keep the whole one behind a marker.
    return f"x_{wire}" if ambiguous else spelled


def wire_name(attribute: str) -> str:
    """Give back the wire name that :func:`attribute_name` spelled as `attribute`."""
    if attribute.startswith("x_"):
        return attribute[2:]
    core = attribute.rstrip("_")
    lead = len(attribute) - len(core) - _is_reserved(core)
    return "_" * lead + core


def custom_attribute_name(key: str) -> str | None:
    """Spell the key of a custom attribute as a Python attribute: ``animal label`` → ``animal_label``.

    Keys are free text, so this is not reversible, and two keys may meet in one spelling. Then the key that is
    its own spelling has it, and the others are reached as items only, as all keys can be.

    * A plain identifier that is not reserved and has no underscore in front stays as it is.
    * Whatever can't stand in a name becomes an underscore, those at either end are dropped.
    * A digit in front gets ``x_`` before it, a reserved name an underscore behind it.

    Returns:
        None when nothing is left to make a name of.
    """
    if _is_safe(key) and not key.startswith("_") and key not in _CUSTOM_NAMES:
        return key
    composed = unicodedata.normalize("NFKC", key)
    spelled = "".join(letter if f"_{letter}".isidentifier() else " " for letter in composed)
    spelled = "_".join(spelled.replace("_", " ").split())
    if not spelled:
        return None
    if not spelled[0].isidentifier():
        spelled = f"x_{spelled}"
    spelled = unicodedata.normalize("NFKC", spelled)
    if spelled in _CUSTOM_NAMES:
        spelled += "_"
    return spelled if _is_safe(spelled) else None


def class_name(entity_type: str) -> str:
    """Spell the wire id of an entity type as a Python class.

    Raises:
        UnsafeNameError: when it is no identifier, or has underscores at either end.
    """
    _require_safe(entity_type, "Entity type")
    if entity_type != entity_type.strip("_"):
        raise UnsafeNameError(f"Entity type {entity_type!r} may not start or end with an underscore.")
    return f"{entity_type}_" if entity_type in RESERVED_CLASSES else entity_type


def module_name(entity_type: str) -> str:
    """Name of the private module that holds the class: ``TypedContext`` → ``_typed_context``.

    Private, because a submodule called ``list`` would hide the builtin in the package.
    """
    _require_safe(entity_type, "Entity type")
    return "_" + _WORD_START.sub("_", entity_type).lower()
