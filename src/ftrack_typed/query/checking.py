"""Checking the names in a query text against the server's schema, before it is sent.

This is no gatekeeper of the query language: what it does not understand is left to the server, and only names are
judged where their place leaves no doubt what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NoReturn, Protocol, TypeAlias

from ftrack_typed.errors import QueryNameError
from ftrack_typed.query.tokens import Token, tokens

MeaningKind = Literal["scalar", "opaque", "relation", "restricted"]
"""A plain value; a value with unknown insides; one or several entities; the same, but usable in criteria only."""

_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[([A-Za-z]\w*)\])?(?:\.|\Z)", re.ASCII)
_WORD_OPERATORS = frozenset(
    "is is_not after greater_than before less_than like not_like in not_in any has".split()
)
_LONGEST_KEPT = 2000
"""Longest query text whose check is remembered, in characters."""
_PATHS_KEPT = 4096
_DIRECTIONS = frozenset("asc ascending desc descending".split())
_FUNCTIONS = frozenset("sum avg min max count".split())


class Vocabulary(Protocol):
    """The names a server knows."""

    def has_type(self, name: str) -> bool:
        """Whether there is an entity type of this name."""
        ...

    def types(self) -> Iterable[str]:
        """All entity types."""
        ...

    def meanings(self, entity_type: str, name: str) -> Iterable[tuple[MeaningKind, str | None]]:
        """What an attribute of a type, or else of its subtypes, may be; none when there is no such attribute."""
        ...

    def attributes(self, entity_type: str) -> Iterable[str]:
        """The attributes of a type and its subtypes."""
        ...


class _UnknownSyntaxError(Exception):
    """The text is beyond what is understood here; the server decides."""


@dataclass(slots=True)
class _Scope:
    """Where names are looked up, and what a closing parenthesis ends."""

    types: frozenset[str] | None
    """Entity types of the place; None when they can't be told, so that nothing is judged."""
    is_query: bool = False
    """Whether this is a whole query or subquery, which has clauses."""


Passed: TypeAlias = "dict[tuple[str, frozenset[str] | None, bool], frozenset[str] | None]"
"""Paths without a fault: the text, the types it starts from, whether it is loaded; and the types it leads to."""


def check(expression: str, vocabulary: Vocabulary, passed: Passed | None = None) -> None:
    """Refuse a query that names what the server does not have.

    Args:
        expression: The query.
        vocabulary: What the server has.
        passed: Remembers paths from one query of this vocabulary to the next: scripts write the same ones.

    Raises:
        QueryNameError: with the position of the name and the nearest one that exists.
    """
    _Checker(expression, vocabulary, {} if passed is None else passed).run()


class QueryChecker:
    """Checks the queries of one session, each text once.

    Args:
        vocabulary: Makes the vocabulary, when the first query is checked; None when nothing can be judged.
    """

    def __init__(self, vocabulary: Callable[[], Vocabulary | None]) -> None:
        self._make = lru_cache(maxsize=1)(vocabulary)
        self._passed = lru_cache(maxsize=1024)(self._check)
        self._paths: Passed = {}

    def check(self, expression: str) -> None:
        """Refuse a query that names what the server does not have.

        Raises:
            QueryNameError: with the position of the name and the nearest one that exists.
        """
        # Long texts hold lists of ids: they don't come twice, and are not worth the memory.
        (self._passed if len(expression) <= _LONGEST_KEPT else self._check)(expression)

    def _check(self, expression: str) -> None:
        vocabulary = self._make()
        if vocabulary is not None:
            check(expression, vocabulary, self._paths)


class _Checker:
    """One pass over the tokens of a query, with a stack of scopes in place of recursion."""

    def __init__(self, expression: str, vocabulary: Vocabulary, passed: Passed) -> None:
        self._passed = passed
        self._expression = expression
        self._vocabulary = vocabulary
        self._tokens: Sequence[Token] = tuple(tokens(expression))
        self._index = 0
        self._scopes: list[_Scope] = []

    def run(self) -> None:
        try:
            self._query()
            while self._scopes:
                self._step()
        except _UnknownSyntaxError:
            return

    # -- tokens ------------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._index + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._index += 1
        return token

    def _expect(self, text: str) -> None:
        if self._next().text.lower() != text:
            raise _UnknownSyntaxError

    def _at_operator(self, token: Token) -> bool:
        return token.kind == "operator" or token.keyword in _WORD_OPERATORS

    # -- a query and its clauses -------------------------------------------------------------------

    def _query(self) -> None:
        """Read ``[select … from] Type`` and open its scope."""
        projections: list[Token] = []
        if self._peek().keyword == "select" and self._peek(1).kind == "word":
            self._next()
            projections = self._projections()
        name = self._next()
        if name.kind != "word":
            raise _UnknownSyntaxError
        if not re.fullmatch(r"[A-Za-z]\w*", name.text, re.ASCII):
            raise _UnknownSyntaxError
        if not self._vocabulary.has_type(name.text):
            self._refuse_type(name.text, name.position)
        types = frozenset([name.text])
        for path in projections:
            self._path(path, types, projected=True)
        self._scopes.append(_Scope(types, is_query=True))

    def _projections(self) -> list[Token]:
        found: list[Token] = []
        while True:
            path = self._next()
            if path.keyword in _FUNCTIONS and self._peek().text == "(":
                self._next()
                path = self._next()
                self._expect(")")
            if path.kind != "word":
                raise _UnknownSyntaxError
            found.append(path)
            following = self._next()
            if following.keyword == "from":
                return found
            if following.text != ",":
                raise _UnknownSyntaxError

    def _step(self) -> None:
        """Read the next piece of the innermost scope."""
        scope = self._scopes[-1]
        token = self._next()
        if token.kind == "end":
            self._scopes.clear()
        elif token.text == "(":
            self._scopes.append(_Scope(scope.types))
        elif token.text == ")":
            self._scopes.pop()
            if not self._scopes:
                raise _UnknownSyntaxError
        elif token.kind != "word":
            raise _UnknownSyntaxError
        elif self._at_operator(self._peek()) and token.keyword not in ("and", "or", "not"):
            self._condition(token, scope)
        elif token.keyword in ("order", "group") and self._peek().keyword == "by" and scope.is_query:
            self._next()
            self._sort_keys(scope)
        elif token.keyword in ("limit", "offset") and scope.is_query:
            self._next()
        elif token.keyword not in ("and", "or", "not", "where"):
            raise _UnknownSyntaxError

    def _sort_keys(self, scope: _Scope) -> None:
        while True:
            path = self._next()
            if path.kind != "word":
                raise _UnknownSyntaxError
            self._path(path, scope.types)
            if self._peek().keyword in _DIRECTIONS:
                self._next()
            if self._peek().text != ",":
                return
            self._next()

    def _condition(self, path: Token, scope: _Scope) -> None:
        leads_to = self._path(path, scope.types)
        operator = self._next().keyword
        if operator in ("any", "has"):
            self._expect("(")
            self._scopes.append(_Scope(leads_to))
        elif operator in ("in", "not_in"):
            self._expect("(")
            if self._peek().keyword == "select" and self._peek(1).kind == "word":
                self._query()
            else:
                self._values()
        elif self._next().kind not in ("word", "text"):
            raise _UnknownSyntaxError

    def _values(self) -> None:
        while True:
            token = self._next()
            if token.text == ")" and token.kind == "mark":
                return
            if token.kind in ("end", "operator") or token.text == "(":
                raise _UnknownSyntaxError

    # -- names -------------------------------------------------------------------------------------

    def _path(
        self, token: Token, types: frozenset[str] | None, *, projected: bool = False
    ) -> frozenset[str] | None:
        """Check a dotted path.

        Returns:
            The entity types it leads to, None when these can't be told.
        """
        key = token.text, types, projected
        try:
            return self._passed[key]
        except KeyError:
            leads_to = self._followed(token, types, projected)
        if len(self._passed) >= _PATHS_KEPT:
            self._passed.clear()
        self._passed[key] = leads_to
        return leads_to

    def _followed(self, token: Token, types: frozenset[str] | None, projected: bool) -> frozenset[str] | None:
        for name, cast, position in _steps(token):
            if types is None or name.startswith("__"):
                return None
            found = {meaning for this in types for meaning in self._vocabulary.meanings(this, name)}
            if not found:
                self._refuse_attribute(types, name, token.position + position)
            kinds = {kind for kind, _ in found}
            last = position + len(name) == len(token.text)
            if projected and kinds == {"restricted"}:
                self._refuse(
                    types, name, token, position, "can be used in criteria only, the server does not load it"
                )
            if kinds == {"scalar"} and not last and cast is None:
                self._refuse(
                    types, name, token, position, "is a plain value and has no attributes of its own"
                )
            types = self._targets(found)
            if cast is not None:
                if not self._vocabulary.has_type(cast):
                    self._refuse_type(cast, token.position + position + len(name) + 1)
                types = frozenset([cast])
        return types

    def _targets(self, found: set[tuple[MeaningKind, str | None]]) -> frozenset[str] | None:
        targets = [target for kind, target in found if kind in ("relation", "restricted")]
        known = frozenset(
            target for target in targets if target is not None and self._vocabulary.has_type(target)
        )
        return known if known and len(known) == len(set(targets)) and len(targets) == len(found) else None

    def _refuse_type(self, name: str, position: int) -> NoReturn:
        raise QueryNameError(self._expression, position, name, known=self._vocabulary.types())

    def _refuse_attribute(self, types: frozenset[str], name: str, position: int) -> NoReturn:
        known = [attribute for this in types for attribute in self._vocabulary.attributes(this)]
        owner = " or ".join(sorted(types))
        raise QueryNameError(self._expression, position, name, entity_type=owner, known=known)

    def _refuse(self, types: frozenset[str], name: str, token: Token, position: int, what: str) -> NoReturn:
        owner = " or ".join(sorted(types))
        raise QueryNameError(
            self._expression,
            token.position + position,
            name,
            entity_type=owner,
            reason=f"{owner}.{name} {what}",
        )


def _steps(token: Token) -> Iterator[tuple[str, str | None, int]]:
    """The steps of a path: name, cast, and offset of the name in the token."""
    found: list[tuple[str, str | None, int]] = []
    position = 0
    while position < len(token.text):
        match = _STEP.match(token.text, position)
        if match is None:
            raise _UnknownSyntaxError
        found.append((match[1], match[2], position))
        position = match.end()
    if token.text.endswith("."):
        raise _UnknownSyntaxError
    return iter(found)
