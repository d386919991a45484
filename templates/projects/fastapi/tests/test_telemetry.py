"""The promises of the telemetry client, on a hub that listens, or does not."""

import asyncio
import json

import pytest

from storefront.telemetry import Telemetry


class Nowhere:
    """Stands where the Redis client would."""

    connection_pool = property(lambda self: self)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def aclose(self):
        pass

    async def disconnect(self):
        pass


class Line(Telemetry):
    """Telemetry whose other end is a list."""

    def __init__(self, folder, *, answers=None):
        super().__init__(
            "backend", tenant="t", url="redis://nowhere.invalid", mode="pubsub", interval_s=10, state_dir=folder, figures=dict
        )
        self.received: list[dict] = []
        self.answers = answers or (lambda: True)
        self.arrived = asyncio.Event()

    def _redis(self):
        return Nowhere()

    async def _deliver(self, redis, message):
        if not self.answers():
            return False
        self.received.append(json.loads(message))
        self.arrived.set()
        return True


async def _until(line, count):
    async with asyncio.timeout(5):
        while len(line.received) < count:
            await line.arrived.wait()
            line.arrived.clear()


def test_numbers_go_on_across_kinds_and_the_next_boot_names_the_last(tmp_path):
    async def first():
        line = Line(tmp_path)
        task = asyncio.create_task(line.run())
        line.event("request.created", number=1)
        line.error("error", "broken")
        line.error("error", "broken")
        await _until(line, 4)
        task.cancel()
        await line.bye()
        return line.received

    async def second(last):
        line = Line(tmp_path)
        line.event("started")
        await line.bye()
        assert line.received[0]["prev"] == {"boot": last["boot"], "seq": last["seq"]}
        assert "prev" not in line.received[1]

    received = asyncio.run(first())
    assert [message["seq"] for message in received] == list(range(1, len(received) + 1))
    assert {message["type"] for message in received} == {"event", "error", "heartbeat", "metric"}
    assert [message["count"] for message in received if message["type"] == "error"] == [2]
    assert received[-1]["name"] == "bye"
    assert len({message["boot"] for message in received}) == 1
    asyncio.run(second(received[-1]))


def test_what_nobody_heard_is_sent_again_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("storefront.telemetry._BACKOFF_S", (0.0, 0.0))

    async def play():
        away = iter([False, False, False])
        line = Line(tmp_path, answers=lambda: next(away, True))
        task = asyncio.create_task(line.run())
        for number in range(5):
            line.event("e", number=number)
        await _until(line, 7)
        task.cancel()
        return [message["seq"] for message in line.received]

    assert asyncio.run(play())[:7] == [1, 2, 3, 4, 5, 6, 7]


def test_a_long_absence_costs_bounded_memory_and_shows_as_a_gap(tmp_path, monkeypatch):
    monkeypatch.setattr("storefront.telemetry._BACKOFF_S", (0.0, 0.0))

    async def play():
        line = Line(tmp_path)
        for number in range(1500):
            line.event("e", number=number)
        assert len(line._waiting) == 1000
        await line.bye()
        return [message["seq"] for message in line.received]

    assert asyncio.run(play()) == list(range(502, 1502))


def test_without_a_way_to_the_hub_nothing_is_kept(tmp_path):
    async def play():
        line = Telemetry("bot", tenant="t", url="", mode="pubsub", interval_s=10, state_dir=tmp_path, figures=dict)
        line.event("e")
        await line.run()
        await line.bye()
        assert not line._waiting

    asyncio.run(play())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    async def play():
        line = Line(tmp_path / "missing")
        line.event("e")
        await line.bye()
        assert [message["seq"] for message in line.received] == [1, 2]

    asyncio.run(play())


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"boot": 1}', '{"boot": "a", "seq": "x"}'])
def test_a_broken_journal_is_no_journal(tmp_path, broken):
    (tmp_path / "telemetry.backend.json").write_text(broken)

    async def play():
        line = Line(tmp_path)
        line.event("e")
        await line.bye()
        assert "prev" not in line.received[0]

    asyncio.run(play())
