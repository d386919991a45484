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


def line(request: Request) -> str:
    """A request among others, short enough that ten of them fit one message."""
    head = f"#{request.id} <b>{quoted(request.name, 60)}</b> · {quoted(request.contact, 60)}"
    about = " · ".join(quoted(text, 120) for text in (request.service, request.message) if text)
    return f"{head}\n{about}" if about else head
