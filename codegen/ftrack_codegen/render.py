"""Modules of the package, from the intermediate model and the templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from ftrack_typed.entity.info import UID
from ftrack_typed.errors import suggestion

from . import source
from .errors import GenerationError, InputError
from .intermediate import CUSTOM_ATTRIBUTES, Access, Attribute, EntityType, HelperBase, Kind, Package
from .ordering import member_order, natural
from .overriding import override_comment
from .render_studio import custom_face, render_studio
from .source import Source
from .types import TypeText, TypeTexts
from .write import MARKER

_FACES = {
    (Kind.SCALAR, False): ("Attr", "ReadOnly"),
    (Kind.REFERENCE, False): ("Ref", "ReadOnlyRef"),
    (Kind.REFERENCE, True): ("OptRef", "ReadOnlyOptRef"),
    (Kind.COLLECTION, False): ("Many", "ReadOnlyMany"),
    (Kind.KEY_VALUE, False): ("KeyValue", "KeyValue"),
    (Kind.FILTER_ONLY, False): ("FilterOnly", "FilterOnly"),
}
"""(kind, nullable) → (face to assign to, face to read). Plain values say `| None` in their type text."""


@dataclass(frozen=True)
class Provenance:
    """Where a package comes from. Stands in one module, so that nothing else changes with it."""

    generator_version: str
    server_version: str | None = None
    schema_hash: str | None = None


def render(
    package: Package, types: TypeTexts, provenance: Provenance, templates: Path | None = None
) -> dict[str, str]:
    """Render all files of the package, file name → text; not formatted yet.

    Args:
        package: What to render.
        types: The type texts of its attributes.
        provenance: Where it comes from.
        templates: Directory of templates that replace those of the same name.

    Raises:
        InputError: when `templates` can't be used.
        GenerationError: when a template prints what isn't safe.
    """
    environment = _environment(templates)
    try:
        return _files(environment, package, types, provenance)
    except jinja2.TemplateError as error:
        raise GenerationError(f"A template can't be used: {type(error).__name__}: {error}") from error


def _files(
    environment: jinja2.Environment, package: Package, types: TypeTexts, provenance: Provenance
) -> dict[str, str]:
    entity_template = environment.get_template("entity.py.jinja")
    files = {
        f"{entity.module}.py": entity_template.render(view=_EntityView.of(entity, package, types))
        for entity in package.entities.values()
    }
    entities = list(package.entities.values())
    files["__init__.py"] = environment.get_template("package.py.jinja").render(
        entities=entities,
        imported=sorted(entities, key=lambda entity: natural(entity.module)),
        exported=sorted(["REGISTRY", *(entity.class_name for entity in entities)], key=member_order),
        custom_attributes=list(package.custom_attributes.values()),
    )
    files.update(render_studio(package, environment))
    files["_provenance.py"] = environment.get_template("provenance.py.jinja").render(provenance=provenance)
    return files


def _environment(templates: Path | None) -> jinja2.Environment:
    own = jinja2.PackageLoader("ftrack_codegen", "templates")
    environment = jinja2.Environment(
        loader=own if templates is None else jinja2.ChoiceLoader([_overriding(templates, own), own]),
        autoescape=False,  # escapes HTML; ours is `finalize`
        undefined=jinja2.StrictUndefined,
        finalize=_only_source,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        literal=source.literal,
        docstring=source.docstring,
        identifier=source.identifier,
        names=lambda names: Source(", ".join(map(source.identifier, names))),
    )
    environment.globals["marker"] = Source(MARKER.rstrip("\n"))
    environment.globals["nothing"] = Source("")
    return environment


def _overriding(templates: Path, own: jinja2.PackageLoader) -> jinja2.BaseLoader:
    """The user's templates. A name that replaces nothing is a mistake."""
    if not templates.is_dir():
        raise InputError(f"templates names {templates}, which is no directory.")
    known = own.list_templates()
    for path in sorted(templates.glob("*.jinja")):
        if path.name not in known:
            raise InputError(
                f"{path} replaces no template of the generator.{suggestion(path.name, known)} "
                f"It has {', '.join(known)}."
            )
    return jinja2.FileSystemLoader(templates)


def _only_source(value: Any) -> Source:
    if not isinstance(value, Source):
        raise GenerationError(f"A template prints {value!r} without a filter that makes it safe.")
    return value


# Views -------------------------------------------------------


@dataclass
class _Imports:
    """Names a module refers to, by where they come from."""

    typing: set[str] = field(default_factory=lambda: {"TYPE_CHECKING", "ClassVar"})
    runtime: set[str] = field(default_factory=lambda: {"EntityInfo"})
    abc: set[str] = field(default_factory=set)
    datetime: bool = False
    entities: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    """Further classes by name, with their modules."""

    def add(self, names: Iterable[str], entity_classes: Iterable[str] = ()) -> None:
        self.entities.update(entity_classes)
        for name in names:
            if name == "datetime":
                self.datetime = True
            elif name in ("Any", "Literal"):
                self.typing.add(name)
            elif name in ("JsonObject", "Link"):
                self.runtime.add(name)


@dataclass(frozen=True)
class _Line:
    """An attribute's declaration."""

    name: str
    annotation: Source
    comment: Source
    doc: str


@dataclass(frozen=True)
class _Argument:
    """An argument of the constructor."""

    name: str
    annotation: Source


_USED_AT_RUN_TIME = frozenset({"UID", "UNSET", "Entity", "EntityInfo"})
"""What modules of entity types use of the runtime beyond annotations."""


@dataclass(frozen=True)
class _EntityView:
    """What the template of an entity module sees."""

    entity: EntityType
    title: str
    base: str
    base_module: str | None
    typing_imports: list[str]
    runtime_imports: list[str]
    checking_imports: list[str]
    """What annotations name, which nothing evaluates: importing it takes time."""
    abc_imports: list[str]
    needs_datetime: bool
    entity_imports: list[tuple[str, str]]
    lines: list[_Line]
    arguments: list[_Argument]
    wire_names: dict[str, str]
    mixins: list[Source]
    mixin_modules: list[Source]
    helpers: list[Source]
    named_in_helpers_only: bool
    """Whether a type is named just in the type arguments of helpers: as text, which linters do not look into."""
    helper_imports: list[str]

    @classmethod
    def of(cls, entity: EntityType, package: Package, types: TypeTexts) -> _EntityView:
        imports = _Imports()
        lines = [_line(entity, entity.attributes[name], package, types, imports) for name in entity.declared]
        arguments = [
            _argument(attribute, _text_of(entity, attribute, package, types), imports)
            for attribute in sorted(entity.attributes.values(), key=lambda attribute: attribute.name)
            if attribute.access is not Access.NEVER and attribute.kind is not Kind.FILTER_ONLY
        ]
        if lines:
            imports.runtime.add("UNSET")
        if any(default is UID for default in entity.defaults.values()):
            imports.runtime.add("UID")
        base = package.entities[entity.base] if entity.base is not None else None
        if base is None:
            imports.runtime.add("Entity")
        own = {entity.class_name, base.class_name if base else entity.class_name}
        elsewhere = imports.entities | own
        helpers = [_helper(helper, package, imports) for helper in entity.helpers]
        modules = {other.class_name: other.module for other in package.entities.values()}
        return cls(
            entity=entity,
            title=f"The `{entity.wire_id}` entity type.",
            base=base.class_name if base else "Entity",
            base_module=base.module if base else None,
            typing_imports=sorted(imports.typing, key=member_order),
            runtime_imports=sorted(imports.runtime & _USED_AT_RUN_TIME, key=member_order),
            checking_imports=sorted(imports.runtime - _USED_AT_RUN_TIME, key=member_order),
            abc_imports=sorted(imports.abc, key=member_order),
            needs_datetime=imports.datetime,
            entity_imports=sorted(
                {(modules[name], name) for name in imports.entities - own}
                | {(module, name) for name, module in imports.modules.items()},
                key=lambda pair: natural(pair[0]),
            ),
            lines=lines,
            arguments=arguments,
            wire_names={
                attribute.name: wire_name
                for wire_name, attribute in entity.attributes.items()
                if attribute.name != wire_name
            },
            mixins=[_dotted(mixin.path) for mixin in entity.mixins],
            mixin_modules=[_dotted(module) for module in sorted({mixin.module for mixin in entity.mixins})],
            helpers=helpers,
            named_in_helpers_only=not imports.entities <= elsewhere,
            helper_imports=sorted((helper.name for helper in entity.helpers), key=member_order),
        )


def _dotted(path: str) -> Source:
    return Source(".".join(map(source.identifier, path.split("."))))


def _helper(helper: HelperBase, package: Package, imports: _Imports) -> Source:
    """A base class, with the entity classes it is for as texts: what they name may be imported later."""
    name = source.identifier(helper.name)
    if not helper.arguments:
        return name
    arguments = [
        "Entity" if argument is None else package.entities[argument].class_name
        for argument in helper.arguments
    ]
    imports.runtime.update({"Entity"} & {*arguments})
    imports.add((), {*arguments} - {"Entity"})
    return Source(f"{name}[{', '.join(map(source.literal, arguments))}]")


def _line(
    entity: EntityType, attribute: Attribute, package: Package, types: TypeTexts, imports: _Imports
) -> _Line:
    text = types[entity.wire_id, attribute.wire_name]
    face = _face(attribute)
    inside = text.text
    rows = ""
    if attribute.kind is Kind.KEY_VALUE:
        assert attribute.target is not None
        rows = package.entities[attribute.target].class_name
        imports.add((), (rows,))
        inside = f"{rows}, {text.text}"
    if attribute.custom is not None:
        annotation, modules = custom_face(attribute.custom, rows, package)
        imports.modules.update(modules)
        face = "CustomAttributes"
    elif rows and attribute.wire_name == CUSTOM_ATTRIBUTES:
        face = "AnyCustomAttributes"
        annotation = Source(f"{face}[{rows}]")
    elif attribute.identifies:
        annotation = Source(face)
    else:
        annotation = Source(f"{face}[{inside}]")
        is_plain = attribute.kind in (Kind.SCALAR, Kind.KEY_VALUE) and attribute.key_of is None
        imports.add(text.names, () if is_plain else text.names)
    imports.runtime.add(face)
    return _Line(
        name=attribute.name,
        annotation=annotation,
        comment=override_comment(entity, attribute, package),
        doc=attribute.doc,
    )


def _face(attribute: Attribute) -> str:
    read_only = attribute.access is not Access.ALWAYS
    if attribute.identifies:
        return "Identifier"
    if attribute.key_of is not None:
        return ("ReadOnly" if read_only else "") + ("OptKeyTo" if attribute.nullable else "KeyTo")
    nullable = attribute.nullable and attribute.kind is Kind.REFERENCE
    return ("Deprecated" if attribute.deprecated else "") + _FACES[attribute.kind, nullable][read_only]


def _text_of(entity: EntityType, attribute: Attribute, package: Package, types: TypeTexts) -> TypeText:
    """The type of an attribute that `entity` has, own or inherited."""
    owner: EntityType = entity
    while (owner.wire_id, attribute.wire_name) not in types:
        assert owner.base is not None, f"{entity.wire_id}.{attribute.wire_name} is declared nowhere"
        owner = package.entities[owner.base]
    return types[owner.wire_id, attribute.wire_name]


def _argument(attribute: Attribute, text: TypeText, imports: _Imports) -> _Argument:
    if attribute.key_of is not None:
        return _Argument(attribute.name, Source("str | None" if attribute.nullable else "str"))
    if attribute.kind is Kind.SCALAR:
        imports.add(text.names)
        return _Argument(attribute.name, Source(text.text))
    if attribute.kind is Kind.KEY_VALUE:
        imports.add(text.names)
        imports.abc.add("Mapping")
        return _Argument(attribute.name, Source(f"Mapping[str, {text.text}]"))
    imports.add((), text.names)
    if attribute.kind is Kind.COLLECTION:
        imports.abc.add("Iterable")
        return _Argument(attribute.name, Source(f"Iterable[{text.text}]"))
    return _Argument(attribute.name, Source(f"{text.text} | None" if attribute.nullable else text.text))
