"""The business as its page shows it: `site.json` read into typed values.

Its texts come from people, so every field is taken as it is, cut to a sane length, and escaped only where it is shown.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

KINDS = ("beauty_salon", "installers", "shop")
DELIVERIES = ("pickup", "post", "both")

# "Haircut - 30 €", "Manicure: from 25 EUR": the price is what follows the last dash or colon, if it has a digit.
_PRICED = re.compile(r"^(?P<name>.+?)\s*(?:[–—:]|\s-)\s*(?P<price>[^–—:]*\d[^–—:]*)$")
# "Haircut 30 €": a number with a currency at the end.
_TAILED = re.compile(r"^(?P<name>.*\D)\s+(?P<price>\d[\d.,]*\s?(?:€|£|\$|₽|eur|euro|usd|gbp|chf|руб\.?|р\.))$", re.IGNORECASE)
# "Mon-Fri: 9-18", "Mon–Fri 9:00–18:00": days first, then what begins with a digit or follows a colon.
_HOURS = re.compile(r"^(?P<days>[^\d:]+?)\s*(?::\s*(?P<rest>\D.*)|:?\s*(?P<time>\d.*))$")


@dataclass(frozen=True, slots=True)
class Service:
    """One thing the business offers; the price is text, as its owner writes it."""

    name: str
    price: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One line of the working hours; `time` is empty when the line is free text."""

    days: str
    time: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the page is about."""

    name: str
    kind: str
    tagline: str
    services: tuple[Service, ...]
    hours: tuple[Opening, ...]
    phone: str
    email: str
    address: str
    # Where the team comes to.
    area: str
    # Appointments by telephone only.
    by_phone: bool
    # One of `DELIVERIES`, or empty.
    delivery: str
    colours: str
    photo: str
    locale: str


def _lines(value: object) -> list[str]:
    """A list of texts, or one text with a line, semicolon or (failing these) comma between its parts."""
    if isinstance(value, list):
        parts = [str(part) for part in value]
    else:
        text = str(value or "")
        separator = r"[\n;]+" if re.search(r"[\n;]", text) else r",(?!\d)"
        parts = re.split(separator, text)
    return [part.strip()[:200] for part in parts if part.strip()][:60]


def service(line: str) -> Service:
    """Parts a line into name and price."""
    match = _PRICED.match(line) or _TAILED.match(line)
    return Service(match["name"].strip(), match["price"].strip()) if match else Service(line, "")


def opening(line: str) -> Opening:
    """Parts a line into days and time."""
    match = _HOURS.match(line)
    return Opening(match["days"].strip(), (match["time"] or match["rest"]).strip()) if match else Opening(line, "")


def parse(raw: dict) -> Site:
    """Makes a `Site` of decoded JSON; what is missing is empty."""

    def text(name: str, limit: int = 200) -> str:
        return str(raw.get(name) or "").strip()[:limit]

    kind = text("kind")
    return Site(
        name=text("name") or text("label").replace("-", " ").title() or "Welcome",
        kind=kind if kind in KINDS else "shop",
        tagline=text("tagline", 300),
        services=tuple(service(line) for line in _lines(raw.get("services"))),
        hours=tuple(opening(line) for line in _lines(raw.get("hours"))),
        phone=text("phone", 40),
        email=text("email"),
        address=text("address", 300),
        area=text("area", 300),
        by_phone=text("booking") == "phone" and bool(text("phone")),
        delivery=text("delivery") if text("delivery") in DELIVERIES else "",
        colours=text("colours", 100),
        photo=text("photo"),
        locale=text("locale", 10) or "en",
    )


def load(path: Path) -> Site:
    """Reads the file that the hub rendered."""
    return parse(json.loads(path.read_text(encoding="utf-8")))
