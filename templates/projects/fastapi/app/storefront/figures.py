"""Counts and times requests as they pass, for the hub's plots."""

import time
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The newest so many times between two readings; enough for honest percentiles, small enough to forget about.
_TIMES = 2000


class Figures:
    """The running figures of the web process."""

    def __init__(self) -> None:
        self.total = 0
        self.failed = 0
        self.open = 0
        self._times: deque[float] = deque(maxlen=_TIMES)

    def observe(self, seconds: float, status: int) -> None:
        """One request ended."""
        self.total += 1
        self.failed += status >= 500
        self._times.append(seconds * 1000)

    def read(self) -> dict[str, float]:
        """What the hub is told; percentiles cover the time since the last reading and are left out without a request."""
        figures = {"requests_total": float(self.total), "requests_failed": float(self.failed), "requests_open": float(self.open)}
        if self._times:
            times = sorted(self._times)
            self._times.clear()
            for name, share in (("response_ms_p50", 0.50), ("response_ms_p95", 0.95)):
                figures[name] = round(times[min(len(times) - 1, int(share * len(times)))], 3)
        return figures


class Measure:
    """ASGI middleware around the whole app; health probes are not visitors and do not count."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request through the app."""
        if scope["type"] != "http" or scope["path"] == "/health":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        self._figures.open += 1
        try:
            await self._app(scope, receive, noting)
        finally:
            self._figures.open -= 1
            self._figures.observe(time.perf_counter() - started, status)
