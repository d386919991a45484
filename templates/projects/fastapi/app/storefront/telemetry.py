"""Tells the hub how we are: heartbeats, figures, errors, events over the hub's Redis.

Messages wait in a bounded buffer and are numbered when they are made, so that what is dropped shows as a gap. Nothing here
blocks or fails the caller. While the hub or its Redis is away, or nobody listens on the channel, messages are kept and
sent later, in order.
"""

import asyncio
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from . import VERSION

log = logging.getLogger(__name__)

_BUFFER = 1000
_STREAM_LENGTH = 10_000
_TIMEOUT_S = 5.0
_BACKOFF_S = (0.5, 5.0)
_ERRORS_KEPT = 20

Figures = Callable[[], dict[str, float]]


class Telemetry:
    """One process's line to the hub. `run` is its task; the other methods may be called from the event loop at any time."""

    def __init__(
        self, service: str, *, tenant: str, url: str, mode: str, interval_s: float, state_dir: Path, figures: Figures
    ) -> None:
        self._service = service
        self._channel = f"telemetry:{tenant}"
        self._url = url
        self._mode = mode
        self._interval_s = interval_s
        self._figures = figures
        self._boot = uuid4().hex
        self._seq = 0
        self._started = time.monotonic()
        self._waiting: deque[str] = deque(maxlen=_BUFFER)
        self._wake = asyncio.Event()
        self._errors: dict[str, dict] = {}
        self._journal = state_dir / f"telemetry.{service}.json"
        self._previous = self._read_journal()

    @property
    def enabled(self) -> bool:
        """Whether a way to the hub was given."""
        return bool(self._url)

    def event(self, name: str, **data: object) -> None:
        """Something that happened, such as `request.created`. No personal data belongs here."""
        self._put("event", name=name, data=data)

    def error(self, level: str, message: str, exception: str = "") -> None:
        """Something that somebody should look at; the same within one interval is counted, not repeated."""
        key = f"{level}:{message}"[:300]
        if key in self._errors:
            self._errors[key]["count"] += 1
        elif len(self._errors) < _ERRORS_KEPT:
            entry = {"level": level, "message": message[:1000], "count": 1, "fingerprint": key}
            if exception:
                entry["exception"] = exception[-4000:]
            self._errors[key] = entry
            self._wake.set()

    async def run(self) -> None:
        """Beats and sends until cancelled."""
        if not self.enabled:
            return
        beat = asyncio.create_task(self._beat())
        try:
            await self._send()
        finally:
            beat.cancel()

    async def bye(self) -> None:
        """The last word of a graceful stop; tries once, for a short time. Call it when `run` has ended."""
        if not self.enabled:
            return
        self._flush_errors()
        self._put("event", name="bye")
        try:
            async with asyncio.timeout(2), self._redis() as redis:
                while self._waiting and await self._deliver(redis, self._waiting[0]):
                    self._waiting.popleft()
        except (RedisError, OSError, TimeoutError) as error:
            log.info("telemetry: no goodbye, %s", type(error).__name__)

    async def _beat(self) -> None:
        while True:
            self._put(
                "heartbeat",
                version=VERSION,
                uptime_s=round(time.monotonic() - self._started, 3),
                interval_s=self._interval_s,
            )
            self._put("metric", metrics=self._figures() | {"memory_bytes": float(_memory())})
            await asyncio.sleep(self._interval_s)

    async def _send(self) -> None:
        pause = _BACKOFF_S[0]
        redis = self._redis()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._flush_errors()
                try:
                    while self._waiting:
                        message = self._waiting[0]
                        if not await self._deliver(redis, message):
                            raise ConnectionError("nobody listens")
                        # A full buffer may have dropped it meanwhile.
                        if self._waiting and self._waiting[0] is message:
                            self._waiting.popleft()
                        pause = _BACKOFF_S[0]
                except (RedisError, OSError, TimeoutError) as error:
                    log.debug("telemetry waits: %s", type(error).__name__)
                    await redis.connection_pool.disconnect()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _BACKOFF_S[1])
                    self._wake.set()
        finally:
            await redis.aclose()

    async def _deliver(self, redis: Redis, message: str) -> bool:
        """Hands one message over; `False` when it reached nobody."""
        if self._mode == "stream":
            await redis.xadd(f"{self._channel}:s", {"m": message}, maxlen=_STREAM_LENGTH, approximate=True)
            return True
        return await redis.publish(self._channel, message) > 0

    def _redis(self) -> Redis:
        # No client name is set: our user may publish and nothing else.
        return Redis.from_url(
            self._url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, single_connection_client=True,
            lib_name=None, lib_version=None,
        )

    def _put(self, kind: str, **fields: object) -> None:
        if not self.enabled:
            return
        self._seq += 1
        message = {
            "type": kind,
            "service": self._service,
            "boot": self._boot,
            "seq": self._seq,
            "ts": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **fields,
        }
        if self._seq == 1 and self._previous:
            message["prev"] = self._previous
        self._waiting.append(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        self._write_journal()
        self._wake.set()

    def _flush_errors(self) -> None:
        errors, self._errors = self._errors, {}
        for entry in errors.values():
            self._put("error", **entry)

    def _read_journal(self) -> dict | None:
        try:
            previous = json.loads(self._journal.read_text())
            return {"boot": str(previous["boot"]), "seq": int(previous["seq"])}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_journal(self) -> None:
        """Notes our last number for the next boot; moved into place, so that a kill leaves the former or the new one."""
        fresh = self._journal.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({"boot": self._boot, "seq": self._seq}))
            os.replace(fresh, self._journal)
        except OSError:
            # Without it the hub shows an open tail as unknown, which is true.
            log.debug("telemetry: journal not written", exc_info=True)


class ErrorReporter(logging.Handler):
    """Sends what is logged as an error to the hub."""

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__(logging.ERROR)
        self._telemetry = telemetry
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        """Called by `logging`, possibly from another thread."""
        if record.name.startswith(__name__):
            return
        message, exception = record.getMessage().strip(), ""
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message}: {type(record.exc_info[1]).__name__}"
            exception = logging.Formatter().formatException(record.exc_info)
        level = "critical" if record.levelno >= logging.CRITICAL else "error"
        self._loop.call_soon_threadsafe(self._telemetry.error, level, message, exception)


def _memory() -> int:
    """Resident bytes of this process."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
