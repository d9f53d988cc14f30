"""Modules of a studio's custom attributes and constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jinja2

from . import source
from .errors import GenerationError
from .intermediate import (
    WORKFLOWS,
    ConstantGroup,
    CustomAttribute,
    CustomAttributeClass,
    EntityType,
    Package,
)
from .ordering import member_order, natural
from .source import Source

MAX_OVERLOADS: Final = 24
"""Types told apart when a custom attribute is reached by its key. Checkers try overloads one by one, so a
studio with hundreds of enumerators would wait for every access; the rarest share one that only knows texts."""


def render_studio(package: Package, environment: jinja2.Environment) -> dict[str, str]:
    """Render the modules of custom attributes and constants, file name → text; not formatted yet."""
    template = environment.get_template("custom_attributes.py.jinja")
    files = {
        f"{one.module}.py": template.render(view=_View.of(one, package))
        for one in package.custom_attributes.values()
    }
    constants = package.constants
    if not constants:
        return files
    for group in constants.groups:
        files[f"{group.module}.py"] = _group(group, package.entities[group.entity_type], environment)
    if constants.workflows:
        files[f"{WORKFLOWS[1]}.py"] = _workflows(package, environment)
    files["constants.py"] = environment.get_template("facade.py.jinja").render(
        modules=sorted(constants.modules, key=lambda pair: natural(pair[0])),
        exported=sorted((name for _, name in constants.modules), key=member_order),
    )
    return files


def _group(group: ConstantGroup, entity: EntityType, environment: jinja2.Environment) -> str:
    if len(entity.primary_key) != 1:
        raise GenerationError(f"{entity.wire_id} has a composite key, so there can't be constants of it.")
    return environment.get_template("constants.py.jinja").render(
        group=group, entity_module=entity.module, entity_class=entity.class_name
    )


def _workflows(package: Package, environment: jinja2.Environment) -> str:
    entities = [package.entities[name] for name in ("Status", "Type") if name in package.entities]
    if len(entities) != 2:
        raise GenerationError("Workflows take the entity types Status and Type; include both.")
    return environment.get_template("workflows.py.jinja").render(
        class_name=WORKFLOWS[0],
        doc=WORKFLOWS[2],
        items=package.constants.workflows,
        entity_imports=sorted((one.module, one.class_name) for one in entities),
        arguments=[one.class_name for one in entities],
    )


# Custom attributes -------------------------------------------


@dataclass(frozen=True)
class _Line:
    name: str
    annotation: Source
    doc: str


@dataclass(frozen=True)
class _Configuration:
    key: str
    kind: str
    ids: tuple[str, ...]
    hierarchical: bool
    projects: tuple[str, ...]


@dataclass(frozen=True)
class _Case:
    """One overload of reading or writing by key."""

    key: Source
    value: Source | None
    result: Source


@dataclass(frozen=True)
class _Access:
    """Reading or writing by key."""

    name: str
    cases: list[_Case]
    overloaded: bool
    writes: bool
    implementation: Source


@dataclass(frozen=True)
class _Value:
    """What a custom attribute reads as and takes."""

    face: str
    reads: str
    takes: str


@dataclass(frozen=True)
class _View:
    """What the template of a module of custom attributes sees."""

    title: str
    owner: str
    class_name: str
    base: str
    base_module: str | None
    typing_imports: list[str]
    runtime_imports: list[str]
    abc_imports: list[str]
    needs_datetime: bool
    keys: dict[str, str]
    configurations: list[_Configuration]
    lines: list[_Line]
    access: list[_Access]
    reading: bool

    @classmethod
    def of(cls, made: CustomAttributeClass, package: Package) -> _View:
        base = package.custom_attributes[made.base] if made.base else None
        declared = [made.attributes[key] for key in made.declared]
        lines = [_line(one) for one in declared if one.name is not None]
        cases = _cases(made)
        words = " ".join(
            [line.annotation for line in lines]
            + [f"{case.value} {case.result}" for pair in cases for case in pair]
        )
        typing = {"ClassVar", "TYPE_CHECKING"} | {name for name in ("Any",) if _mentions(words, name)}
        # An implementation takes and gives anything.
        access = [_access(name, found) for name, found in zip(_METHODS, cases, strict=True)]
        if any(one.overloaded for one in access):
            typing |= {"Any", "overload"}
        if any("Literal[" in case.key for pair in cases for case in pair) or "Literal[" in words:
            typing.add("Literal")
        needs_datetime = _mentions(words, "datetime")
        reading = bool(cases[0])
        abc = ["Sequence"] if _mentions(words, "Sequence") else []
        if not (reading or needs_datetime or abc):
            typing.discard("TYPE_CHECKING")
        runtime = {"CustomAttributesInfo"} | ({"CustomAttributeInfo"} if declared else set())
        runtime |= {"CustomAttributeMapping"} if base is None else set()
        runtime |= {name for name in ("CustomAttr", "CustomOptions") if _mentions(words, name)}
        runtime |= {"UNSET"} if lines else set()
        return cls(
            title=f"Custom attributes of `{made.owner}`.",
            owner=made.owner,
            class_name=made.class_name,
            base=base.class_name if base else "CustomAttributeMapping",
            base_module=base.module if base else None,
            typing_imports=sorted(typing, key=member_order),
            runtime_imports=sorted(runtime, key=member_order),
            abc_imports=abc,
            needs_datetime=needs_datetime,
            keys={one.name: key for key, one in sorted(made.attributes.items()) if one.name},
            configurations=[
                _Configuration(one.key, ", ".join(one.kinds), one.ids, one.hierarchical, one.projects)
                for one in declared
            ],
            lines=lines,
            access=access,
            reading=reading,
        )


_OPTIONS: Final = "list[str]"
_TAKES_OPTIONS: Final = "Sequence[str] | str"
"""Not the options themselves: pyright doesn't see that ``[key] = ["a"]`` may hold literals."""

_METHODS: Final = ("__getitem__", "__setitem__")


def _mentions(text: str, name: str) -> bool:
    return name in text.replace("[", " ").replace("]", " ").replace(",", " ").split()


def _line(one: CustomAttribute) -> _Line:
    assert one.name is not None
    return _Line(one.name, Source(_value(one).face), one.doc)


def _value(one: CustomAttribute) -> _Value:
    option = _option(one.options)
    scalars = list(one.scalars)
    if "Any" in scalars:
        return _Value("CustomAttr[Any]", "Any", "Any")
    null = ["None"] if one.nullable else []
    if not one.is_list:
        text = " | ".join(scalars + null)
        return _Value(f"CustomAttr[{text}]", text, text)
    if not scalars and not null:
        return _Value(f"CustomOptions[{option}]", f"list[{option}]", _TAKES_OPTIONS)
    text = " | ".join([f"list[{option}]", *scalars, *null])
    return _Value(f"CustomAttr[{text}]", text, " | ".join(dict.fromkeys([_TAKES_OPTIONS, *scalars, *null])))


def _option(options: tuple[str, ...]) -> str:
    return f"Literal[{', '.join(map(source.literal, options))}]" if options else "str"


def _cases(made: CustomAttributeClass) -> tuple[list[_Case], list[_Case]]:
    """The overloads of reading and of writing: one per type, with all keys of that type."""
    reads: dict[str, list[str]] = {}
    writes: dict[str, list[str]] = {}
    for key, one in made.attributes.items():
        value = _value(one)
        reads.setdefault(value.reads, []).append(key)
        writes.setdefault(value.takes, []).append(key)
    reading = [_Case(_keys(keys), None, Source(text)) for text, keys in _limited(reads)]
    writing = [_Case(_keys(keys), Source(text), Source("None")) for text, keys in _limited(writes)]
    if made.is_open and reading:
        reading.append(_Case(Source("str"), None, Source("Any")))
        writing.append(_Case(Source("str"), Source("Any"), Source("None")))
    return reading, writing


def _limited(groups: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Plain types first, then those with most keys; what goes beyond the limit is told less exactly."""
    ordered = sorted(groups.items(), key=lambda group: ("Literal[" in group[0], -len(group[1]), group[0]))
    kept, shared = dict(ordered[:MAX_OVERLOADS]), ordered[MAX_OVERLOADS:]
    for text, keys in shared:
        loose = _OPTIONS if text.startswith("list[Literal[") and "|" not in text else "Any"
        kept[loose] = sorted([*kept.get(loose, ()), *keys])
    return list(kept.items())


def _keys(keys: list[str]) -> Source:
    return Source(f"Literal[{', '.join(map(source.literal, keys))}]")


def _access(name: str, cases: list[_Case]) -> _Access:
    writes = name == "__setitem__"
    return _Access(
        name=name,
        cases=cases,
        overloaded=len(cases) > 1,
        writes=writes,
        implementation=Source("None" if writes else "Any"),
    )


def custom_face(attribute_owner: str, rows: str, package: Package) -> tuple[Source, Mapping[str, Any]]:
    """The annotation of an entity type's custom attributes, and what it has to import: class → module."""
    made = package.custom_attributes[attribute_owner]
    return Source(f"CustomAttributes[{rows}, {made.class_name}]"), {made.class_name: made.module}
