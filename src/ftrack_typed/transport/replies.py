"""From a server's error reply to the exception that describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_typed.errors import (
    AuthenticationError,
    DuplicateEntryError,
    NotFoundError,
    PermissionDeniedError,
    ServerCompatibilityError,
    ServerError,
    ServerValidationError,
)

_BY_EXCEPTION: dict[str, type[ServerError]] = {
    "InvalidCredentialsError": AuthenticationError,
    "PermissionError": PermissionDeniedError,
    "FTAuthenticationError": PermissionDeniedError,
    "ValidationError": ServerValidationError,
    "DuplicateEntryError": DuplicateEntryError,
    "EntityNotFoundError": NotFoundError,
}
_BY_STATUS: dict[int | None, type[ServerError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
}


def _text_of(content: object) -> str:
    if content is None:
        return ""
    return content if isinstance(content, str) else repr(content)


def error_from_reply(
    document: object,
    status: int | None,
    operations: Sequence[Mapping[str, Any]] | None = None,
    *,
    secrets: Sequence[str] = (),
    request_id: str | None = None,
    retry_after: float | None = None,
) -> ServerError:
    """Return the error that describes a server's error reply.

    wire: ``{"exception": …, "content": …, "error_code": …}``; any of them may be missing or of another type,
    and the body may be ``null``.

    Args:
        document: The decoded body.
        status: HTTP status of the response.
        operations: The batch that was sent, to name the operation at fault when the batch has only one or the
            server tells its index.
        secrets: Texts to black out, such as the API key a server may echo.
        request_id: What the server calls the request.
        retry_after: Seconds after which it asked to be tried again.
    """

    def clean(text: str) -> str:
        for secret in secrets:
            if secret:
                text = text.replace(secret, "***")
        return text

    body: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    exception = clean(_text_of(body.get("exception"))) or None
    content = clean(_text_of(body.get("content")))
    code = clean(_text_of(body.get("error_code"))) or None
    if exception is not None:
        message = f"Server reported error: {exception}({content})"
    else:
        told = clean(_text_of(document)) or "an empty reply"
        message = f"Server reported error in unexpected format (HTTP status {status}): {told[:500]}"

    if code == "api_credentials_invalid":
        kind: type[ServerError] = AuthenticationError
    elif "invalid action" in content.lower():
        kind = ServerCompatibilityError
    else:
        kind = _BY_EXCEPTION.get(exception or "", _BY_STATUS.get(status, ServerError))

    index = body.get("operation_index")
    sent = operations or ()
    if not isinstance(index, int) or not 0 <= index < len(sent):
        index = 0 if len(sent) == 1 else None
    operation: Mapping[str, Any] = {} if index is None else sent[index]
    entity_type = operation.get("entity_type")
    key = operation.get("entity_key")
    return kind(
        message,
        exception=exception,
        content=content,
        code=code,
        status=status,
        request_id=request_id,
        retry_after=retry_after,
        operation_index=index,
        entity_type=entity_type if isinstance(entity_type, str) else None,
        entity_key=[key] if isinstance(key, str) else key if isinstance(key, (list, tuple)) else None,
    )
