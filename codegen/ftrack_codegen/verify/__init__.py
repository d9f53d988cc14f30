"""A last look at the generated text before it is written: is it the code we meant, and nothing else?

Escaping in :mod:`.source` should make a surprise impossible. This check doesn't rely on it: it parses every
module and compares it, statement by statement, with the few shapes a generated module may have.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ftrack_codegen.errors import GenerationError
from ftrack_codegen.intermediate import WORKFLOWS, Package

from .entities import ConstantModule, EntityModule, FaceModule
from .module import Module
from .studio import CustomAttributeModule, FacadeModule, GroupModule


def verify(files: Mapping[str, str], package: Package) -> None:
    """Compare the Python modules `files` with what a package may consist of.

    Raises:
        GenerationError: naming the module and the line that doesn't belong there.
    """
    known = _modules(package)
    for name, text in files.items():
        try:
            tree = ast.parse(text, filename=name)
        except (SyntaxError, ValueError) as error:
            raise GenerationError(f"The generated {name} is no Python: {error}") from error
        checker = known.get(name)
        if checker is None:
            raise GenerationError(f"The generator made {name}, which it had no reason to.")
        checker.check(tree)


def _modules(package: Package) -> Mapping[str, Module]:
    """File name → what may stand there."""
    known: dict[str, Module] = {
        "__init__.py": FaceModule("__init__.py", package),
        "_provenance.py": ConstantModule("_provenance.py"),
    }
    for entity in package.entities.values():
        known[f"{entity.module}.py"] = EntityModule(f"{entity.module}.py", entity)
    for made in package.custom_attributes.values():
        known[f"{made.module}.py"] = CustomAttributeModule(f"{made.module}.py", made)
    constants = package.constants
    for group in constants.groups:
        names = frozenset(item.name for item in group.items)
        known[f"{group.module}.py"] = GroupModule(f"{group.module}.py", group.class_name, names)
    if constants.workflows:
        names = frozenset(item.name for item in constants.workflows)
        known[f"{WORKFLOWS[1]}.py"] = GroupModule(f"{WORKFLOWS[1]}.py", WORKFLOWS[0], names)
    if constants:
        exported = frozenset(name for _, name in constants.modules)
        known["constants.py"] = FacadeModule("constants.py", exported)
    return known
