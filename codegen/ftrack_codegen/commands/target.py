"""What a command is to generate and from where: its arguments, filled up from ``pyproject.toml``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftrack_codegen import fetch
from ftrack_codegen.errors import InputError
from ftrack_codegen.package_name import require_package_name
from ftrack_codegen.pipeline import Step
from ftrack_codegen.selection import select_types
from ftrack_codegen.settings import FILE, Settings, find_settings, read_settings
from ftrack_codegen.studio import Studio, read_studio
from ftrack_typed.schema import schema_hash


@dataclass(frozen=True)
class Target:
    """A package and where it is generated."""

    package: str
    out: Path
    source: Source

    @property
    def directory(self) -> Path:
        """Directory of the package itself."""
        return self.out / self.package


@dataclass(frozen=True)
class Source:
    """Where the schema and the configuration come from, and what to leave out of them."""

    server: str | None
    schema: Path | None
    configuration: Path | None
    api_user: str | None
    schema_cache_path: Path | None
    schema_only: bool
    settings: Settings

    def fetch(self) -> Material:
        """Get everything that a package is made of.

        Raises:
            Error: when it can't be had, or makes no sense.
        """
        if self.schema is not None:
            fetched = fetch.from_file(self.schema)
        else:
            fetched = fetch.from_server(
                self.server,
                api_user=self.api_user,
                schema_cache_path=self.schema_cache_path,
                studio=not self.schema_only and self.configuration is None,
            )
        if self.configuration is not None:
            fetched = fetch.with_configuration(fetched, self.configuration)
        return material(fetched, self.settings, schema_only=self.schema_only)


@dataclass(frozen=True)
class Material:
    """What a package is made of."""

    documents: Sequence[Mapping[str, Any]]
    studio: Studio
    spellings: Mapping[str, str]
    mixins: Mapping[str, Sequence[str]]
    server_version: str | None
    schema_hash: str
    templates: Path | None


def material(fetched: fetch.Fetched, settings: Settings, *, schema_only: bool = False) -> Material:
    """Leave out of what was fetched what the settings don't want.

    Raises:
        InputError: when settings name what isn't there.
    """
    studio = Studio() if schema_only else read_studio(fetched.sections)
    if settings.projects:
        studio = studio.of_projects(frozenset(settings.projects))
    documents = fetched.documents
    if settings.entity_types:
        documents = select_types(documents, settings.entity_types)
    return Material(
        documents=documents,
        studio=studio,
        spellings=settings.custom_attribute_names,
        mixins=settings.mixins,
        server_version=fetched.server_version,
        # Of the whole schema, as that is what a session compares with what its server says.
        schema_hash=fetched.schema_hash or schema_hash(fetched.documents),
        templates=settings.templates,
    )


def add_source_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that say where the schema comes from."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--server",
        metavar="URL",
        help="server to ask (default: as configured, else FTRACK_SERVER); the key comes from FTRACK_API_KEY",
    )
    source.add_argument(
        "--schema",
        metavar="FILE",
        type=Path,
        help="recorded answer to query_schemas, or a snapshot, to use instead of a server",
    )
    parser.add_argument(
        "--configuration",
        metavar="FILE",
        type=Path,
        help="recorded custom attribute configurations, or a snapshot, to take the configuration from",
    )
    parser.add_argument(
        "--schema-only",
        action="store_true",
        help="leave the studio's configuration alone: no typed custom attributes, no constants",
    )
    parser.add_argument("--api-user", metavar="NAME", help="user to sign in as (default: FTRACK_API_USER)")
    parser.add_argument(
        "--schema-cache-path",
        metavar="DIR",
        type=Path,
        help="where schemas are kept between runs (default: as for sessions)",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        help=f"file with the table [tool.ftrack-typed] (default: the nearest {FILE} that has one)",
    )


def add_target_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that say which package is meant, and where."""
    add_source_arguments(parser)
    parser.set_defaults(usage_error=parser.error)
    parser.add_argument("--package", metavar="NAME", help="name of the package (default: as configured)")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="directory the package is in; its files are in DIR/NAME (default: as configured)",
    )


def settings_of(arguments: Namespace) -> Settings:
    """The settings a command runs with.

    Raises:
        InputError: when the file makes no sense, or one was named that has no settings.
    """
    if arguments.settings is None:
        return find_settings(Path.cwd())
    found = read_settings(arguments.settings)
    if found is None:
        raise InputError(f"{arguments.settings} has no table [tool.ftrack-typed].")
    return found


def source_of(arguments: Namespace, settings: Settings) -> Source:
    """Where a command takes the schema from: its arguments go before the settings."""
    is_given = arguments.server is not None or arguments.schema is not None
    return Source(
        server=arguments.server if is_given else settings.server,
        schema=arguments.schema if is_given else settings.schema,
        configuration=arguments.configuration or (None if is_given else settings.configuration),
        api_user=arguments.api_user,
        schema_cache_path=arguments.schema_cache_path,
        schema_only=arguments.schema_only,
        settings=settings,
    )


def target_of(arguments: Namespace) -> Target:
    """What a command is to generate.

    Raises:
        SystemExit: when package or directory are neither given nor configured.
        OutputError: when the package can't have its name.
    """
    settings = settings_of(arguments)
    package = arguments.package or settings.package
    out = arguments.out or settings.output
    missing = [
        f"{option} (or {key} in [tool.ftrack-typed] of {settings.file or FILE})"
        for option, key, value in (("--package", "package", package), ("--out", "output", out))
        if value is None
    ]
    if missing or package is None or out is None:
        arguments.usage_error(f"the following are required: {', '.join(missing)}")
        raise AssertionError  # argparse has left
    return Target(require_package_name(package), out, source_of(arguments, settings))


def fetched(target: Target, step: Step) -> Material:
    """Fetch what the package is made of, as a step that is shown."""
    with step("Fetching the schema"):
        return target.source.fetch()


def warn(line: str) -> None:
    """Tell something on the side."""
    print(line, file=sys.stderr)
