"""The picture at the top of the page: the one the owner put there, else the one given with the order, else none."""

import os
from pathlib import Path

from .content import Site
from .settings import Settings

MOST_BYTES = 6 * 1024 * 1024
_NAME = "photo"


def media_type(head: bytes) -> str | None:
    """What a picture is by its first bytes, whatever it calls itself; `None` for all that no page should show."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


class Photos:
    """Finds, keeps and removes the picture."""

    def __init__(self, found: Settings, site: Site) -> None:
        self._own = found.files_dir / _NAME
        # Only the last part of the name: it comes from outside and means a file of the media folder.
        self._given = found.media_dir / Path(site.photo).name if site.photo else None

    def current(self) -> tuple[Path, str] | None:
        """The file and its media type."""
        for path in (self._own, self._given):
            if path is None:
                continue
            try:
                with path.open("rb") as file:
                    kind = media_type(file.read(16))
            except OSError:
                continue
            if kind:
                return path, kind
        return None

    def version(self) -> str:
        """Changes with the picture, so that browsers may keep the former one forever; empty without a picture."""
        found = self.current()
        return f"{found[0].stat().st_mtime_ns:x}" if found else ""

    def own(self) -> bool:
        """Whether the owner put one there."""
        return self._own.exists()

    def keep(self, data: bytes) -> bool:
        """Takes a new picture; `False` when it is none."""
        if media_type(data[:16]) is None:
            return False
        fresh = self._own.with_suffix(".new")
        fresh.write_bytes(data)
        os.replace(fresh, self._own)
        return True

    def remove(self) -> None:
        """Goes back to the given picture, or none."""
        self._own.unlink(missing_ok=True)
