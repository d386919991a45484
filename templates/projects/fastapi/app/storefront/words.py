"""The words of the pages and the bot, one catalogue a language in `words/`; a language is added by adding a file."""

import json
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("words")


class Words:
    """One language; a key that it lacks is answered in English."""

    def __init__(self, locale: str, entries: dict[str, str]) -> None:
        self.locale = locale
        self._entries = entries

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its `{places}` filled."""
        return self._entries[key].format(**values)

    def get(self, key: str) -> str:
        """The text of a key as it stands, or nothing."""
        return self._entries.get(key, "")


@cache
def _read(locale: str) -> dict[str, str]:
    return json.loads((_FOLDER / f"{locale}.json").read_text(encoding="utf-8"))


def languages() -> tuple[str, ...]:
    """The languages there are catalogues for."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def words(locale: str) -> Words:
    """The catalogue of a locale ("de", "de-AT", "de_DE"); English when there is none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    known = language if language in languages() else "en"
    return Words(known, _read("en") | _read(known))
