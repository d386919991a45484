"""What the owner reads in the chat about a request."""

from .store import Request
from .telegram import quoted
from .words import Words


def card(request: Request, words: Words) -> str:
    """A request as a message."""
    lines = [words("notice_title", number=request.id), f"<b>{quoted(request.name)}</b>", quoted(request.contact)]
    if request.service:
        lines.append(quoted(request.service))
    if request.message:
        lines += ["", quoted(request.message)]
    return "\n".join(lines)


def buttons(request: Request, words: Words) -> list[tuple[str, str]]:
    """What can be done with it."""
    return [(words("notice_done"), f"done:{request.id}")]
