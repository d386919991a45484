"""What a process is told from outside: the secret file first, then the environment.

Values are read once, at the start. Secret ones never appear in a `repr`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

SECRETS_FILE = Path("/run/secrets/env")


class SettingsError(Exception):
    """A setting is missing or cannot be read; the message names it and never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the three processes; each uses those it was given."""

    tenant: str
    public_url: str
    locale: str
    timezone: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    # Backend only.
    secret_key: str = field(repr=False)
    admin_username: str
    admin_password: str = field(repr=False)
    # Bot and worker; without a token both are healthy and have nothing to say.
    telegram_api_url: str
    telegram_token: str = field(repr=False)
    owner_claim_code: str = field(repr=False)
    # The way to the hub; without a URL telemetry is off.
    hub_redis_url: str = field(repr=False)
    telemetry_mode: str
    heartbeat_interval_s: float
    # Where files live; the tests' only reason to change them.
    site_file: Path
    files_dir: Path
    media_dir: Path


def load(environment: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """Reads the settings. The secret file wins, so that a stray variable cannot replace a secret."""
    values = dict(os.environ if environment is None else environment)
    if secrets_file.exists():
        # Interpolated, as docker-compose reads an env file: whoever writes one spells a `$` before a brace by a variable.
        values |= {name: value or "" for name, value in dotenv_values(secrets_file).items()}

    def text(name: str, default: str = "") -> str:
        return values.get(name, "").strip() or default

    def seconds(name: str, default: float) -> float:
        raw = text(name)
        try:
            value = float(raw) if raw else default
        except ValueError:
            raise SettingsError(f"{name} is not a number of seconds") from None
        if not 0.1 <= value <= 3600:
            raise SettingsError(f"{name} must be between 0.1 and 3600 seconds")
        return value

    if not text("DATABASE_URL"):
        raise SettingsError("DATABASE_URL is missing: it stands in the service's secret file")
    mode = text("HUB_TELEMETRY_MODE", "pubsub")
    if mode not in ("pubsub", "stream"):
        raise SettingsError("HUB_TELEMETRY_MODE is neither pubsub nor stream")
    return Settings(
        tenant=text("HUB_TENANT", "site"),
        public_url=text("PUBLIC_URL", "http://localhost:8000").rstrip("/"),
        locale=text("LOCALE", "en"),
        timezone=text("TIMEZONE", "UTC"),
        database_url=text("DATABASE_URL"),
        redis_url=text("REDIS_URL"),
        secret_key=text("SECRET_KEY"),
        admin_username=text("ADMIN_USERNAME", "admin"),
        admin_password=text("ADMIN_PASSWORD"),
        telegram_api_url=text("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/"),
        telegram_token=text("TELEGRAM_BOT_TOKEN"),
        owner_claim_code=text("OWNER_CLAIM_CODE"),
        hub_redis_url=text("HUB_REDIS_URL"),
        telemetry_mode=mode,
        heartbeat_interval_s=seconds("HUB_HEARTBEAT_INTERVAL_S", 10.0),
        site_file=Path(text("SITE_FILE", "/srv/site.json")),
        files_dir=Path(text("FILES_DIR", "/srv/files")),
        media_dir=Path(text("MEDIA_DIR", "/srv/media")),
    )
