"""The whole way from schema documents to files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from ftrack_typed._version import __version__
from ftrack_typed.schema import Schema
from ftrack_typed.schema import schema_hash as hash_of

from . import intermediate, types
from .format import formatted
from .package_name import require_package_name
from .render import Provenance, render
from .report import Report
from .studio import Studio
from .verify import verify
from .write import compare, mirror

Step = Callable[[str], "AbstractContextManager[None]"]
"""Told the name of each step while it lasts."""


@contextmanager
def _silent(step: str) -> Iterator[None]:
    yield


def generate(
    documents: Sequence[Mapping[str, Any]],
    package: str,
    *,
    studio: Studio | None = None,
    spellings: Mapping[str, str] | None = None,
    mixins: Mapping[str, Sequence[str]] | None = None,
    server_version: str | None = None,
    schema_hash: str | None = None,
    templates: Path | None = None,
    step: Step = _silent,
) -> tuple[dict[str, str], intermediate.Package]:
    """Make the files of a package, file name → text, without writing anything.

    The result depends on nothing but the arguments and the versions of the tools used.

    Args:
        documents: The server's schema, as ``query_schemas`` answers it.
        package: Name of the package.
        studio: What is configured on the server beyond the schema, for typed custom attributes and constants.
        spellings: Key of a custom attribute → its Python spelling, where the usual one isn't wanted.
        mixins: Wire id of an entity type → classes, as ``module:Class``, that go before its base.
        server_version: Version of the server, kept with the package.
        schema_hash: Hash of the schema as the server reports it, kept with the package.
        templates: Directory of templates that replace the generator's own of the same name.
        step: Told the name of each step while it lasts, to show progress.

    Raises:
        SchemaError: when the documents make no sense, or hold names that can't be written in Python.
        GenerationError: when no sound code comes of them.
        OutputError: when `package` can't be the name of a package.
    """
    require_package_name(package)
    with step("Reading the schema"):
        model = intermediate.build(Schema.from_wire(documents), package, studio, spellings, mixins)
    with step("Working out types"):
        texts = types.resolve(model)
    with step("Writing code"):
        provenance = Provenance(__version__, server_version, schema_hash)
        sources = render(model, texts, provenance, templates)
        verify(sources, model)
    with step("Formatting"):
        files = formatted(sources)
        verify(files, model)
    files["py.typed"] = ""
    return files, model


def regenerate(
    documents: Sequence[Mapping[str, Any]],
    package: str,
    out: Path,
    *,
    studio: Studio | None = None,
    spellings: Mapping[str, str] | None = None,
    mixins: Mapping[str, Sequence[str]] | None = None,
    server_version: str | None = None,
    schema_hash: str | None = None,
    templates: Path | None = None,
    check: bool = False,
    step: Step = _silent,
) -> Report:
    """Make the directory `out`/`package` hold the package generated from `documents`.

    Files whose bytes are right already aren't touched; files of an earlier run that aren't needed any more
    are removed; files that weren't generated are never touched.

    Args:
        documents: The server's schema, as ``query_schemas`` answers it.
        package: Name of the package.
        out: Directory that holds the package's directory.
        studio: What is configured on the server beyond the schema.
        spellings: Key of a custom attribute → its Python spelling, where the usual one isn't wanted.
        mixins: Wire id of an entity type → classes, as ``module:Class``, that go before its base.
        server_version: Version of the server, kept with the package.
        schema_hash: Hash of the schema as the server reports it; worked out when not given.
        templates: Directory of templates that replace the generator's own of the same name.
        check: Write nothing, only tell what would change.
        step: Told the name of each step while it lasts, to show progress.

    Raises:
        Error: of the kinds :func:`generate` names, and :class:`~ftrack_codegen.errors.OutputError` when the
            directory isn't one to write to. Nothing is written then.
    """
    files, model = generate(
        documents,
        package,
        studio=studio,
        spellings=spellings,
        mixins=mixins,
        server_version=server_version,
        schema_hash=schema_hash or hash_of(documents),
        templates=templates,
        step=step,
    )
    directory = Path(out) / package
    with step("Comparing" if check else "Saving"):
        changes = compare(files, directory) if check else mirror(files, directory)
    return Report(
        directory=directory,
        types=len(model.entities),
        attributes=sum(len(entity.declared) for entity in model.entities.values()),
        changes=changes,
        omitted=model.omitted,
        homeless=model.homeless,
        without_helpers=model.without_helpers,
        custom_attributes=sum(len(one.declared) for one in model.custom_attributes.values()),
        constants=sum(len(group.items) for group in model.constants.groups),
    )
