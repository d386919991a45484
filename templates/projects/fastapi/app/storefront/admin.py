"""The owner's room: requests and the picture, behind a password."""

import hashlib
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.exceptions import HTTPException

from .limits import Limit
from .page import ELSEWHERE, Pages
from .photo import MOST_BYTES, Photos
from .public import address
from .settings import Settings
from .store import Away, Store

_COOKIE = "session"
_SESSION_S = 12 * 3600
_LISTED = 200


class Sessions:
    """A signed cookie that says "this browser knew the password", and ends with that password."""

    def __init__(self, found: Settings) -> None:
        self._username = found.admin_username
        self._password = found.admin_password
        self._secure = found.public_url.startswith("https:")
        self._signer = URLSafeTimedSerializer(found.secret_key, salt="admin-session")
        self._mark = hashlib.sha256(f"{found.admin_username}\0{found.admin_password}".encode()).hexdigest()[:16]
        # Without a password or a key there is no door.
        self._open = bool(found.admin_password and found.secret_key)

    def right(self, username: str, password: str) -> bool:
        """Whether both are right; takes the same time whichever is not."""
        name = hmac.compare_digest(username.encode(), self._username.encode())
        word = hmac.compare_digest(password.encode(), self._password.encode())
        return name & word & self._open

    def begin(self, response: Response) -> None:
        """Gives the cookie."""
        response.set_cookie(
            _COOKIE, self._signer.dumps(self._mark), max_age=_SESSION_S, path="/admin", httponly=True,
            samesite="lax", secure=self._secure,
        )

    def end(self, response: Response) -> None:
        """Takes it back."""
        response.delete_cookie(_COOKIE, path="/admin")

    def known(self, request: Request) -> bool:
        """Whether this browser is signed in."""
        try:
            mark = self._signer.loads(request.cookies.get(_COOKIE, ""), max_age=_SESSION_S)
        except BadSignature:
            return False
        return self._open and hmac.compare_digest(str(mark), self._mark)


def _same_site(request: Request) -> None:
    """Refuses a form that another site's page sent.

    The browser says so itself where it may (`Sec-Fetch-Site`: https, and localhost). Elsewhere the page's `Origin` must
    name the host that the visitor asked for, as the edge in front of us saw it. What sends neither is no browser, and
    brings nobody's cookie along.
    """
    headers = request.headers
    origin = headers.get("origin")
    if site := headers.get("sec-fetch-site"):
        own = site in ("same-origin", "none")
    elif origin:
        asked = (headers.get("x-forwarded-host"), headers.get("host"))
        own = any(_names(origin, host) for host in asked if host)
    else:
        own = True
    if not own:
        raise HTTPException(403, ELSEWHERE)


def _names(origin: str, host: str) -> bool:
    """Whether an origin ("https://salon.de") is at a host ("salon.de:443"); a default port may be left out of either."""
    try:
        page = urlsplit(origin)
        asked = urlsplit(f"{page.scheme}://{host}")
        default = {"http": 80, "https": 443}[page.scheme]
        return page.hostname is not None and (page.hostname, page.port or default) == (asked.hostname, asked.port or default)
    except (KeyError, ValueError):
        # Neither http nor a port: `null`, or nonsense.
        return False


def routes(pages: Pages, photos: Photos, found: Settings) -> APIRouter:
    """The owner's rooms."""
    router = APIRouter(prefix="/admin")
    sessions = Sessions(found)
    failures = Limit(8, 900)

    def store_of(request: Request) -> Store:
        if request.app.state.store is None:
            raise HTTPException(503)
        return request.app.state.store

    def owner_only(request: Request) -> None:
        _same_site(request)
        if not sessions.known(request):
            raise HTTPException(403)

    async def listed(request: Request, status: int = 200, notice: str = "") -> Response:
        state = "done" if request.query_params.get("show") == "done" else "new"
        try:
            store = store_of(request)
            requests, counts = await store.requests(state, limit=_LISTED), await store.counts()
        except Away:
            raise HTTPException(503) from None
        return pages.show(
            request, "requests", status, requests=requests, counts=counts, state=state, notice=notice,
            own_photo=photos.own(),
        )

    @router.get("")
    async def overview(request: Request) -> Response:
        if not sessions.known(request):
            return pages.show(request, "login", username="", problem="")
        return await listed(request)

    @router.post("/login")
    async def login(
        request: Request, username: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
    ) -> Response:
        _same_site(request)
        who = address(request)
        if failures.exhausted(who):
            return pages.show(request, "login", 429, username=username, problem=pages.words("login_too_many"))
        if not sessions.right(username.strip(), password):
            failures.note(who)
            return pages.show(request, "login", 401, username=username, problem=pages.words("login_wrong"))
        response = RedirectResponse("/admin", 303)
        sessions.begin(response)
        return response

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        _same_site(request)
        response = RedirectResponse("/admin", 303)
        sessions.end(response)
        return response

    @router.post("/requests/{number}")
    async def mark(request: Request, number: int, done: Annotated[bool, Form()]) -> Response:
        owner_only(request)
        try:
            if not await store_of(request).set_done(number, done):
                raise HTTPException(404)
        except Away:
            raise HTTPException(503) from None
        return RedirectResponse("/admin" if done else "/admin?show=done", 303)

    @router.post("/photo")
    async def photo(request: Request, picture: UploadFile) -> Response:
        owner_only(request)
        data = await picture.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            return await listed(request, 413, pages.words("photo_too_large"))
        if not photos.keep(data):
            return await listed(request, 415, pages.words("photo_wrong"))
        return RedirectResponse("/admin", 303)

    @router.post("/photo/remove")
    async def remove(request: Request) -> Response:
        owner_only(request)
        photos.remove()
        return RedirectResponse("/admin", 303)

    return router
