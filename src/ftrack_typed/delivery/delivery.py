"""Sends batches so that what they write is written once."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import (
    ConfigurationTypeError,
    Error,
    OutcomeUnknown,
    RequestError,
    SchemaError,
    ServerError,
)
from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.transport import Attempts, HttpTransport
from ftrack_typed.transport.retries import Safety, may_have_arrived, safety_of
from ftrack_typed.wire.decoding import decode, decode_json
from ftrack_typed.wire.encoding import PlainOperations, dumps
from ftrack_typed.wire.payloads import WRITES

if TYPE_CHECKING:
    from ftrack_typed.delivery.expectations import Key
    from ftrack_typed.delivery.inquiry import Verdict
    from ftrack_typed.schema.model import Schema

Operations = Sequence[Mapping[str, Any]]


class Delivery:
    """Carries batches to the server, each exactly once as far as that can be told. May be used from several threads.

    Args:
        transport: The way to the server.
        schema: Gives the server's schema; called only when an answer was lost.
        reference: Turns entities among the values into data.
    """

    def __init__(
        self, transport: HttpTransport, schema: Callable[[], Schema], reference: Callable[[Any], Any]
    ) -> None:
        self._transport = transport
        self._schema = schema
        self._reference = reference
        self._doubtful: set[tuple[str, Key]] = set()
        """Entities written by batches of which nobody knows whether they arrived."""
        self._lock = ForkSafeLock()

    def send(self, operations: Operations) -> list[Any]:
        """Send a batch and return its decoded results.

        When the answer to a batch that writes is lost, the server is asked which of the entities exist and what
        they hold. A batch that was carried out is answered from what they hold; one that was not is sent again,
        with the same ids, so that the server refuses it should the first one still be on its way.

        Raises:
            ConfigurationTypeError: When it is no list of operations; nothing was sent then.
            OutcomeUnknown: When it can't be found out, or sending again did not succeed.
            Error: What the transport raises; nothing of the batch was carried out then.
        """
        _check(operations)
        safety = safety_of(operations)
        attempts = self._transport.attempts()
        if safety is Safety.SAFE:
            return self._once(operations, attempts)
        lost = self._is_doubtful(operations)
        while True:
            try:
                results = self._once(operations, attempts)
            except RequestError as error:
                lost = lost or may_have_arrived(error)
                if not lost:
                    raise
                plain = decode_json(dumps(operations, self._reference))
                recovered = self._recover(plain, safety, error, attempts)
                if recovered is None:
                    continue
                results = recovered
            self._forget(operations)
            return results

    def _once(self, operations: Operations, attempts: Attempts) -> list[Any]:
        return decode(self._transport.send(operations, self._reference, attempts=attempts))

    def _recover(
        self, plain: Operations, safety: Safety, error: RequestError, attempts: Attempts
    ) -> list[Any] | None:
        """The results of a batch that arrived, None for one that is to be sent again."""
        # Loaded here, as answers are seldom lost.
        from ftrack_typed.delivery.expectations import UncheckableError
        from ftrack_typed.delivery.inquiry import Verdict

        if safety is Safety.NEVER:
            raise OutcomeUnknown(
                plain, f"it can't be checked and must not be repeated. {error}", error
            ) from error
        try:
            verdict, results = self._ask(plain, attempts)
        except UncheckableError as reason:
            raise OutcomeUnknown(plain, f"{reason} {error}", error) from error
        except Error as failed:
            raise self._unknown(
                plain, f"{error} Nor could the server be asked about it: {failed}", error
            ) from error
        if verdict is Verdict.APPLIED:
            return results
        if verdict is Verdict.UNKNOWN:
            found = "some of it is to be found on the server, which others may have changed since."
            raise self._unknown(plain, f"{found} {error}", error) from error
        if isinstance(error, ServerError) and error.exception is not None:
            self._forget(plain)
            raise error
        if not attempts.wait(error):
            raise self._unknown(plain, f"nothing of it was there a moment ago. {error}", error) from error
        return None

    def _ask(self, plain: Operations, attempts: Attempts) -> tuple[Verdict, list[Any]]:
        from ftrack_typed.delivery.inquiry import Inquiry

        inquiry = Inquiry(plain, self._schema())
        return inquiry.read(self._once(inquiry.queries, attempts.aside()))

    # -- batches nobody knows about ----------------------------------------------------------------

    def _unknown(self, plain: Operations, reason: str, error: RequestError) -> OutcomeUnknown:
        with self._lock:
            self._doubtful.update(self._identities(plain))
        return OutcomeUnknown(plain, reason, error)

    def _is_doubtful(self, operations: Operations) -> bool:
        with self._lock:
            return bool(self._doubtful) and not self._doubtful.isdisjoint(self._identities(operations))

    def _forget(self, operations: Operations) -> None:
        if self._doubtful:
            with self._lock:
                self._doubtful.difference_update(self._identities(operations))

    def _identities(self, operations: Operations) -> set[tuple[str, Key]]:
        from ftrack_typed.delivery.expectations import UncheckableError, identity_of

        found = set()
        for operation in operations:
            if operation.get("action") in WRITES:
                try:
                    found.add(identity_of(operation, self._schema()))
                except (UncheckableError, SchemaError):
                    continue
        return found


def _check(operations: object) -> None:
    if type(operations) is PlainOperations:
        return  # made here
    if not isinstance(operations, (list, tuple)):
        raise ConfigurationTypeError(
            f"call takes a list of operations, not {type(operations).__name__}.", setting="data"
        )
    for operation in operations:
        if not (isinstance(operation, Mapping) and isinstance(operation.get("action"), str)):
            raise ConfigurationTypeError(
                f'An operation is a mapping with an "action", not {reprlib.repr(operation)}.', setting="data"
            )
