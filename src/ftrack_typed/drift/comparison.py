"""Differences between two pictures of packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ftrack_typed.drift.changes import Change, by_importance
from ftrack_typed.drift.picture import ConstantPicture, Picture, TypePicture

_CUSTOM: Final = "custom_attributes"
_SHAPE: Final = re.compile(r"(?P<face>\w+)(?:\[(?P<inside>.*)\])?$", re.DOTALL)


def compare(old: Picture, new: Picture) -> list[Change]:
    """Tell what is different in `new`, breaking changes first."""
    return by_importance([*_types(old, new), *_constants(old, new)])


# Entity types ------------------------------------------------


def _types(old: Picture, new: Picture) -> Iterator[Change]:
    for name in old.types.keys() - new.types.keys():
        yield Change("removed", name, True)
    for name in new.types.keys() - old.types.keys():
        yield Change("added", name, False)
    for name in sorted(old.types.keys() & new.types.keys()):
        before, after = old.types[name], new.types[name]
        told = _inherited(name, old, new)
        for change in _attributes(name, _flat(before, old), _flat(after, new)):
            # What a base type already tells needs no repeating for everything below it.
            if (change.subject.partition(".")[2], change.before, change.after) not in told:
                yield change
        yield from _facts(before, after)


def _flat(one: TypePicture, picture: Picture) -> Mapping[str, str]:
    """Attributes and custom attributes, with the inherited ones."""
    found: dict[str, str] = {}
    if one.base is not None and one.base in picture.types:
        found.update(_flat(picture.types[one.base], picture))
    found.update(one.attributes)
    if one.wire_id in picture.custom:
        custom = picture.custom[one.wire_id].attributes
        found.update({_item(key): text for key, text in custom.items()})
    return found


def _item(key: str) -> str:
    return f"{_CUSTOM}.{key}" if key.isidentifier() else f"{_CUSTOM}[{key!r}]"


def _inherited(name: str, old: Picture, new: Picture) -> frozenset[tuple[str, str | None, str | None]]:
    base = new.types[name].base
    if base is None or base != old.types[name].base or base not in old.types or base not in new.types:
        return frozenset()
    changes = _attributes(base, _flat(old.types[base], old), _flat(new.types[base], new))
    return frozenset((one.subject.partition(".")[2], one.before, one.after) for one in changes)


def _attributes(owner: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    changes = [
        Change("removed", f"{owner}.{name}", True, before=old[name]) for name in old if name not in new
    ]
    changes += [Change("added", f"{owner}.{name}", False, after=new[name]) for name in new if name not in old]
    changes += [
        Change("changed", f"{owner}.{name}", not is_compatible(old[name], new[name]), old[name], new[name])
        for name in old
        # Of custom attributes, each one is compared; which class describes them is no matter.
        if name in new and old[name] != new[name] and name != _CUSTOM
    ]
    return changes


def _facts(old: TypePicture, new: TypePicture) -> Iterator[Change]:
    if old.base != new.base:
        yield Change(
            "changed", old.name, True, old.base, new.base, f"derives from {new.base}, not from {old.base}"
        )
    if old.facts.get("primary_key") != new.facts.get("primary_key"):
        keys = [", ".join(facts.get("primary_key", ())) for facts in (old.facts, new.facts)]
        yield Change("changed", old.name, True, keys[0], keys[1], f"its key is {keys[1]}, not {keys[0]}")
    needed = [frozenset(facts.get("required_on_create", ())) for facts in (old.facts, new.facts)]
    for name in sorted(needed[1] - needed[0]):
        yield Change("changed", f"{old.name}.{name}", True, note="has to be given at creation")
    for name in sorted(needed[0] - needed[1]):
        yield Change("changed", f"{old.name}.{name}", False, note="needn't be given at creation any more")
    defaults = [facts.get("defaults", {}) for facts in (old.facts, new.facts)]
    for name in sorted(defaults[0].keys() & defaults[1].keys()):
        if defaults[0][name] != defaults[1][name]:
            note = f"starts as {defaults[1][name]!r}, not as {defaults[0][name]!r}"
            yield Change("changed", f"{old.name}.{name}", False, note=note)


def is_compatible(old: str, new: str) -> bool:
    """Whether code written for the annotation `old` stays right under `new`."""
    before, after = _SHAPE.match(old), _SHAPE.match(new)
    if before is None or after is None:
        return False
    faces = [match["face"].removeprefix("Deprecated") for match in (before, after)]
    if before["inside"] != after["inside"] and not _has_more_options(before["inside"], after["inside"]):
        return False
    return faces[0] == faces[1] or _assignable(faces[0]) == faces[1]


def _assignable(face: str) -> str:
    return "Attr" if face == "ReadOnly" else face.removeprefix("ReadOnly")


def _has_more_options(old: str | None, new: str | None) -> bool:
    """Whether a closed set of values got further ones, or became open."""
    before, after = _options(old), _options(new)
    return before is not None and (new == "str" or (after is not None and before <= after))


def _options(inside: str | None) -> frozenset[str] | None:
    found = re.fullmatch(r"Literal\[(.*)\]", inside or "", re.DOTALL)
    return None if found is None else frozenset(map(str, ast.literal_eval(f"({found[1]},)")))


# Constants ---------------------------------------------------


def _constants(old: Picture, new: Picture) -> Iterator[Change]:
    for group in sorted(old.constants.keys() | new.constants.keys()):
        yield from _members(group, old.constants.get(group, {}), new.constants.get(group, {}))


def _members(
    group: str, old: Mapping[str, ConstantPicture], new: Mapping[str, ConstantPicture]
) -> Iterator[Change]:
    names = {one.id: name for name, one in new.items()}
    before = {one.id for one in old.values()}
    for name, one in old.items():
        subject = f"{group}.{name}"
        if name in new and new[name].id == one.id:
            yield from _constant_facts(subject, one, new[name])
        elif one.id in names:
            yield Change("renamed", subject, True, name, f"{group}.{names[one.id]}")
        elif name in new:
            yield Change(
                "changed", subject, True, one.id, new[name].id, "is another one of the same name now"
            )
        else:
            yield Change("removed", subject, True)
    for name, one in new.items():
        if name not in old and one.id not in before:
            yield Change("added", f"{group}.{name}", False)


def _constant_facts(subject: str, old: ConstantPicture, new: ConstantPicture) -> Iterator[Change]:
    for fact in sorted(old.facts.keys() | new.facts.keys()):
        before, after = old.facts.get(fact), new.facts.get(fact)
        if before != after:
            yield Change("changed", f"{subject}.{fact}", False, _shown(before), _shown(after))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
