"""What needs no server: `python -m pytest ../tests` in app/, with its requirements.txt and pytest installed."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from storefront import admin, content, figures, limits, palette, photo, public, settings, words

PACKAGE = Path(words.__file__).parent


@pytest.mark.parametrize(
    ("line", "name", "price"),
    [
        ("Haircut – 45 €", "Haircut", "45 €"),
        ("Colour and care: from 90 €", "Colour and care", "from 90 €"),
        ("Facial, 60 min - 75 €", "Facial, 60 min", "75 €"),
        ("Manicure 25 €", "Manicure", "25 €"),
        ("Wi-Fi set-up", "Wi-Fi set-up", ""),
        ("Kitchen in 3 days", "Kitchen in 3 days", ""),
    ],
)
def test_a_line_is_parted_into_service_and_price(line, name, price):
    assert content.service(line) == content.Service(name, price)


@pytest.mark.parametrize(
    ("line", "days", "time"),
    [
        ("Mon–Fri 9-18", "Mon–Fri", "9-18"),
        ("Sat: 10:00–16:00", "Sat", "10:00–16:00"),
        ("Sun: closed", "Sun", "closed"),
        ("24/7", "24/7", ""),
    ],
)
def test_a_line_is_parted_into_days_and_time(line, days, time):
    assert content.opening(line) == content.Opening(days, time)


def test_a_site_without_anything_still_has_a_name():
    assert content.parse({"label": "ann-shop"}).name == "Ann Shop"
    assert content.parse({"kind": "<b>"}).kind == "shop"


@pytest.mark.parametrize("wish", ["", "#ffcc00", "#fff", "#000", "#777777", "sun", "forest", "тёмно-синий", "nonsense"])
@pytest.mark.parametrize("kind", content.KINDS)
def test_every_palette_can_be_read(wish, kind):
    made = palette.make(wish, kind)
    colours = {name: palette._parse(getattr(made, name)) for name in made.__slots__}
    assert palette.contrast(colours["accent"], colours["on_accent"]) >= 4.5
    assert palette.contrast(colours["accent_deep"], colours["accent_soft"]) >= 4.5
    assert palette.contrast(colours["ink"], colours["paper"]) >= 7


def test_a_colour_cannot_leave_the_style_sheet():
    assert re.fullmatch(r":root\{(--[a-z-]+:#[0-9a-f]{6};)+\}\n", palette.make("#abc;}body{x:url(//evil)", "shop").css())


def test_catalogues_have_the_same_keys_and_places():
    catalogues = {path.stem: json.loads(path.read_text()) for path in (PACKAGE / "words").glob("*.json")}
    english = catalogues["en"]
    for language, entries in catalogues.items():
        assert entries.keys() == english.keys(), language
        for key, text in entries.items():
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), (language, key)


def test_an_unknown_language_is_english():
    assert words.words("fr-FR").locale == "en"
    assert words.words("de_AT").locale == "de"


SECRET = "a$b'c\"${HOME}\\"


def test_secrets_come_from_the_file_and_win_and_stay_out_of_repr(tmp_path):
    file = tmp_path / "env"
    # As the hub writes a value with every awkward character.
    file.write_text(
        "HUB_DOLLAR='$'\nDATABASE_URL=postgresql://app:x@postgres/app\n"
        "ADMIN_PASSWORD=\"a${HUB_DOLLAR}b'c\\\"${HUB_DOLLAR}{HOME}\\\\${HUB_NOTHING:-}\"\n"
    )
    found = settings.load({"ADMIN_PASSWORD": "from outside", "LOCALE": "de"}, file)
    assert found.admin_password == SECRET
    assert found.locale == "de"
    assert SECRET not in repr(found) and "postgresql" not in repr(found)


@pytest.mark.parametrize("bad", [{"HUB_TELEMETRY_MODE": "x"}, {"HUB_HEARTBEAT_INTERVAL_S": "soon"}, {"DATABASE_URL": ""}])
def test_bad_settings_are_named(bad, tmp_path):
    with pytest.raises(settings.SettingsError, match=next(iter(bad))):
        settings.load({"DATABASE_URL": "postgresql://x"} | bad, tmp_path / "none")


def test_a_limit_holds_for_each_address_alone():
    limit = limits.Limit(2, 60)
    for _ in range(2):
        assert not limit.exhausted("a")
        limit.note("a")
    assert limit.exhausted("a")
    assert not limit.exhausted("b")


def test_percentiles_cover_the_time_since_the_last_reading():
    counted = figures.Figures()
    for hundredths in range(1, 101):
        counted.observe(hundredths / 100_000, 200)
    assert counted.read()["response_ms_p95"] == 0.96
    assert "response_ms_p95" not in counted.read()
    assert counted.read()["requests_total"] == 100


def test_a_picture_is_known_by_its_bytes():
    assert photo.media_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert photo.media_type(b"<svg onload=alert(1)>") is None


def test_a_given_photo_stays_in_its_folder(tmp_path):
    found = SimpleNamespace(files_dir=tmp_path / "files", media_dir=tmp_path / "media")
    (tmp_path / "media").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"\xff\xd8\xff")
    assert photo.Photos(found, content.parse({"photo": "../secret.jpg"})).current() is None


def test_a_form_says_what_is_missing():
    fields = {"name": "", "contact": "12", "service": "", "message": "x" * 5001}
    assert public._problems(fields, False, words.words("en")).keys() == {"name", "contact", "message", "consent"}


def refused_as_foreign(**headers):
    request = SimpleNamespace(headers=Headers({name.replace("_", "-"): value for name, value in headers.items()}))
    try:
        admin._same_site(request)
    except HTTPException as error:
        assert (error.status_code, error.detail) == (403, "elsewhere")
        return True
    return False


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "salon.de", "origin": "https://salon.de"},
        {"host": "salon.de:443", "origin": "https://salon.de"},
        {"host": "salon.de", "origin": "http://salon.de:80"},
        {"host": "Salon.de", "origin": "http://salon.de"},
        {"host": "localhost:8088", "origin": "http://localhost:8088"},
        # An edge that passes the host without its port on, and says apart what the browser saw.
        {"host": "localhost", "x_forwarded_host": "localhost:8088", "origin": "http://localhost:8088"},
        # A browser that says it itself knows better than any header that was rewritten on the way.
        {"host": "127.0.0.1", "origin": "https://salon.de", "sec_fetch_site": "same-origin"},
        {"host": "salon.de"},
    ],
)
def test_a_form_of_our_own_page_is_taken(headers):
    assert not refused_as_foreign(**headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "salon.de", "origin": "https://evil.example"},
        {"host": "salon.de", "origin": "https://salon.de.evil.example"},
        {"host": "salon.de", "origin": "https://shop.salon.de"},
        {"host": "salon.de", "origin": "https://salon.de:8443"},
        # The port that is left out is the one of the page's scheme.
        {"host": "salon.de:80", "origin": "https://salon.de"},
        {"host": "salon.de", "origin": "null"},
        {"host": "salon.de", "origin": "salon.de"},
        {"host": "salon.de", "origin": "https://salon.de:nonsense"},
        {"host": "salon.de", "origin": "https://salon.de", "sec_fetch_site": "cross-site"},
        {"host": "salon.de", "origin": "https://salon.de", "sec_fetch_site": "same-site"},
    ],
)
def test_a_form_of_another_page_is_refused(headers):
    assert refused_as_foreign(**headers)
