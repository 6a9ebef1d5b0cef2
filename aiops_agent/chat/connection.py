"""What every platform's adapter says of a connection that cannot be made: without the token."""

from http.client import HTTPException
from urllib.error import URLError

from aiops_agent.errors import ChatError

TIMEOUT_SECONDS = 10
"""For connecting and for each read: a platform that is slower is down, and the outbox tries again."""

CONNECTION_ERRORS = (OSError, HTTPException)
"""What the standard library raises when there is no network, no answer or no HTTP in it; URLError is an OSError."""


def checked(platform: str, token: str, base_url: str) -> tuple[str, str]:
    """Return both, ready to be used in a request.

    Raises:
        ChatError: One of them cannot stand in a request, which would be quoted by whatever refuses it.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ChatError(
            f"{platform}: the token is empty or holds characters that no token has",
            retryable=False,
            hint="look at what chat.token points to: one line, nothing else",
        )
    if not base_url.startswith(("https://", "http://")):
        raise ChatError(
            f"{platform}: {base_url!r} is not a web address",
            retryable=False,
            hint="chat.base_url begins with https://; leave it out for the platform's own",
        )
    return token, base_url.rstrip("/")


def unreachable(platform: str, error: Exception) -> ChatError:
    """Return the error to raise when nothing came back: it may work later."""
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error
    why = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return ChatError(
        f"{platform} cannot be reached: {why}",
        retryable=True,
        hint="check the network, the proxy (HTTPS_PROXY) and chat.base_url",
    )


def seconds(value: object) -> float | None:
    """Return how long the platform asks us to wait, or None when it does not say so in a number."""
    text = str(value)
    return float(text) if text.isascii() and text.isdigit() else None
