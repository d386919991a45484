"""What visitors see: the page, the request form, the thanks."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from .limits import Limit
from .page import Pages
from .photo import Photos
from .store import Away, Store

_LONGEST = {"name": 200, "contact": 200, "service": 200, "message": 5000}


def address(request: Request) -> str:
    """Who asks, as the edge in front of us says; only it reaches this port from outside."""
    return request.headers.get("x-real-ip") or (request.client.host if request.client else "unknown")


def _problems(fields: dict[str, str], consent: bool, words) -> dict[str, str]:  # noqa: ANN001
    problems = {name: words("form_needed") for name in ("name", "contact") if not fields[name]}
    if fields["contact"] and "@" not in fields["contact"] and sum(c.isdigit() for c in fields["contact"]) < 6:
        problems["contact"] = words("form_contact_wrong")
    for name, longest in _LONGEST.items():
        if len(fields[name]) > longest:
            problems[name] = words("form_too_long", longest=longest)
    if not consent:
        problems["consent"] = words("form_consent_needed")
    return problems


def routes(pages: Pages, photos: Photos) -> APIRouter:
    """The public rooms."""
    router = APIRouter()
    limit = Limit(10, 600)

    def form_page(request: Request, status: int = 200, **values: object) -> Response:
        defaults = {"token": uuid4(), "fields": dict.fromkeys(_LONGEST, ""), "problems": {}, "notice": ""}
        return pages.show(request, "home", status, **(defaults | values))

    @router.get("/")
    async def home(request: Request) -> Response:
        return form_page(request)

    @router.get("/theme.css")
    async def theme() -> Response:
        return Response(pages.css, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    @router.get("/robots.txt")
    async def robots() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /admin\n")

    @router.get("/photo")
    async def photo() -> Response:
        found = photos.current()
        if found is None:
            raise HTTPException(404)
        return FileResponse(found[0], media_type=found[1], headers={"Cache-Control": "public, max-age=31536000"})

    @router.post("/request")
    async def ask(
        request: Request,
        token: Annotated[UUID, Form()],
        name: Annotated[str, Form()] = "",
        contact: Annotated[str, Form()] = "",
        service: Annotated[str, Form()] = "",
        message: Annotated[str, Form()] = "",
        consent: Annotated[bool, Form()] = False,
        website: Annotated[str, Form()] = "",
    ) -> Response:
        if website:
            # A field that people do not see: thanked like anybody else, and kept nowhere.
            return RedirectResponse("/thanks", 303)
        fields = {
            key: value.replace("\x00", "").strip()
            for key, value in (("name", name), ("contact", contact), ("service", service), ("message", message))
        }
        problems = _problems(fields, consent, pages.words)
        if problems:
            return form_page(request, 422, token=token, fields=fields, problems=problems)
        who = address(request)
        if limit.exhausted(who):
            return form_page(request, 429, token=token, fields=fields, notice=pages.words("form_too_many"))
        store: Store | None = request.app.state.store
        try:
            if store is None:
                raise TimeoutError
            number = await store.add(token, **fields)
        except Away:
            # Nothing typed is lost: the same form, filled in, to be sent again.
            return form_page(request, 503, token=token, fields=fields, notice=pages.words("form_later"))
        limit.note(who)
        if number is not None:
            request.app.state.telemetry.event("request.created", number=number)
            await request.app.state.queue.tell_owner(number)
        return RedirectResponse("/thanks", 303)

    @router.get("/thanks")
    async def thanks(request: Request) -> Response:
        return pages.show(request, "thanks")

    return router
