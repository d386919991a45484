"""How often one address may try something."""

import time
from collections import deque

# More addresses than this at once are an attack; the oldest are forgotten first, which only ever lets somebody through.
_ADDRESSES = 10_000


class Limit:
    """At most `count` tries in `seconds` for each key, counted in this process."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._tries: dict[str, deque[float]] = {}

    def _recent(self, key: str) -> deque[float]:
        tries = self._tries.get(key, deque())
        horizon = time.monotonic() - self._seconds
        while tries and tries[0] < horizon:
            tries.popleft()
        return tries

    def exhausted(self, key: str) -> bool:
        """Whether the next try is one too many."""
        return len(self._recent(key)) >= self._count

    def note(self, key: str) -> None:
        """Counts a try."""
        tries = self._recent(key)
        tries.append(time.monotonic())
        self._tries.pop(key, None)
        self._tries[key] = tries
        if len(self._tries) > _ADDRESSES:
            del self._tries[next(iter(self._tries))]
