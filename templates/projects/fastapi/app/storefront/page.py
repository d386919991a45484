"""Renders pages: the same frame, words and business around each."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from . import VERSION
from .content import Site
from .palette import Palette
from .photo import Photos
from .settings import Settings
from .words import Words

_FOLDER = Path(__file__).with_name("pages")

ELSEWHERE = "elsewhere"
"""The detail of a 403 for what a page of another site sent."""


class Pages:
    """All pages of one business."""

    def __init__(self, site: Site, words: Words, palette: Palette, photos: Photos, found: Settings) -> None:
        self.site = site
        self.words = words
        self.css = palette.css()
        self._photos = photos
        self._settings = found
        try:
            self._zone = ZoneInfo(found.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = ZoneInfo("UTC")
        self._templates = Jinja2Templates(directory=_FOLDER)
        self._templates.env.globals |= {
            "site": site,
            "t": words,
            "accent": palette.accent,
            "locale": words.locale,
            "public_url": found.public_url,
            "version": VERSION,
            "dial": lambda number: "".join(c for c in number if c in "+0123456789"),
        }
        self._templates.env.filters["local"] = self._local

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime(self.words("moment"))

    def show(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        """One page."""
        values["photo"] = self._photos.version()
        return self._templates.TemplateResponse(request, f"{name}.html", values, status_code=status)

    def error(self, request: Request, status: int, detail: str = "") -> Response:
        """What went wrong, and what to do."""
        known = status if status in (403, 404, 413, 429, 503) else 500 if status >= 500 else 404
        key = f"error_{known}_{ELSEWHERE}" if (known, detail) == (403, ELSEWHERE) else f"error_{known}"
        return self.show(
            request, "error", status, title=self.words(key), text=self.words(f"{key}_text"), sign_in=known == 403
        )
