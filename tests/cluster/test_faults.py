"""Real processes over a real Redis, struck at random, and struck one by one within the bounds."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from bench.faults.run import Plan, run
from bench.faults.talker import Visit
from bench.faults.verdict import judge
from chat.protocol.messages import BANNED, KICKED
from tests.clients import Client, RefusedError, Visitors
from tests.operators import Operator
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LIVE = "/admin/chat/livemember/"
BAN = "/admin/chat/ban/add/"
SPAM = {"network": "127.0.0.1", "reason": "spam", "confirmed": "yes"}


@pytest.mark.long
@pytest.mark.processes
async def test_minutes_of_chat_survive_faults_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message would be lost, doubled or disordered by a fault, or somebody leave twice."""
    monkeypatch.delenv("PYTHONDEVMODE", raising=False)  # of servers: four times the work
    plan = Plan(members=15, processes=3, rate=4.0, rounds=1, seed=5, faults=("all-at-random",))
    [outcome] = await run(plan)
    assert outcome.verdict.is_clean, "\n".join([*outcome.verdict.notes[:20], outcome.log])
    assert outcome.verdict.said > 500
    assert "Traceback" not in outcome.log, outcome.log


class Hosts:
    """Two servers that share a Redis and a data folder, as two workers or hosts do."""

    def __init__(self, exit_stack: ExitStack) -> None:
        self.redis = exit_stack.enter_context(RunningRedis())
        env = {"WSCHAT_REDIS_URL": self.redis.url, "WSCHAT_LAYER_TIMEOUT": "5"}
        self.first = exit_stack.enter_context(RunningServer(env=env))
        env["WSCHAT_VAR"] = str(self.first.var)
        self.second = exit_stack.enter_context(RunningServer(env=env))


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    """Start two servers on one Redis."""
    with ExitStack() as exit_stack:
        yield await asyncio.to_thread(Hosts, exit_stack)


async def hear_leave(client: Client, who: Client) -> None:
    """Wait for the notice that somebody left."""
    await client.hear_until(lambda m: (m.action, m.contents) == ("disconnect", who.id))


async def test_a_killed_process_is_announced(hosts: Hosts) -> None:
    """People would see others in the room for ever who are gone."""
    async with Visitors(hosts.first) as near, Visitors(hosts.second) as far:
        witness = await near.join()
        ghosts = [await far.join() for _ in range(3)]
        await witness.hear_until(lambda message: message.contents == ghosts[-1].id)
        hosts.second.kill()
        left: list[str] = []
        while len(left) < 3:
            message = await witness.hear()
            assert message.action == "disconnect"
            left.append(message.contents)
        assert sorted(left) == sorted(ghost.id for ghost in ghosts)
        witness.say("and nothing more")
        assert (await witness.hear()).contents == "and nothing more"


async def test_a_frozen_process_is_announced_and_wakes_up_empty(hosts: Hosts) -> None:
    """Somebody would be in the room unseen after a freeze."""
    async with Visitors(hosts.first) as near, Visitors(hosts.second) as far:
        witness, ghost = await near.join(), await far.join()
        await witness.hear_until(lambda message: message.contents == ghost.id)
        hosts.second.send_signal(signal.SIGSTOP)
        try:
            await hear_leave(witness, ghost)
        finally:
            hosts.second.send_signal(signal.SIGCONT)
        _, code = await ghost.hear_end()
        assert code == 1013
        await _until_ready(hosts.second)
        back = await far.join()
        witness.say("hello again")
        assert [text for _, text in await back.hear_chats(1)] == ["hello again"]


async def test_without_redis_it_is_not_ready_and_comes_back_by_itself(hosts: Hosts) -> None:
    """A load balancer would send people to a process that delivers nothing, or never again."""
    async with Visitors(hosts.first) as near, Visitors(hosts.second) as far:
        clients = [await near.join(), await far.join()]
        assert hosts.first.get("/readyz") == 200
        hosts.redis.kill()
        assert [(await client.hear_end())[1] for client in clients] == [1013, 1013]
        assert hosts.first.get("/readyz") == 503
        assert await asyncio.to_thread(_online, hosts.first) == 0
        with pytest.raises(RefusedError) as refused:
            await near.open()
        assert refused.value.status == 503
        await asyncio.to_thread(hosts.redis.start)
        for server in (hosts.first, hosts.second):
            await _until_ready(server)
        back = [await near.join(), await far.join()]
        back[1].say("whole again")
        assert [text for _, text in await back[0].hear_chats(1)] == ["whole again"]
    assert "Traceback" not in hosts.first.log + hosts.second.log


def _online(server: RunningServer) -> int:
    """Return how many people the page's list of servers tells of."""
    with urllib.request.urlopen(f"{server.url}online") as answer:
        return int(json.load(answer)["online"])


async def _until_ready(server: RunningServer) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(server.get, "/readyz") != 200:
            await asyncio.sleep(0.1)


async def test_an_operator_reaches_every_process(hosts: Hosts) -> None:
    """Whoever is kicked or banned by an operator on one host would stay in another."""
    async with Visitors(hosts.first) as near, Visitors(hosts.second) as far:
        witness, guest, other = await near.join(), await far.join(), await far.join()
        operator = await asyncio.to_thread(Operator.hire, hosts.first)
        await operator.post("/admin/chat/announcement/add/", {"text": "closing at ten"})
        for client in (witness, guest, other):
            assert await client.hear_chats(1) == [("system", "closing at ten")]
        key = await _row_of(operator, guest.id)
        kick = {"action": "kick", "_selected_action": key, "confirmed": "yes", "reason": "loud"}
        await operator.post(LIVE, kick)
        heard, code = await guest.hear_end()
        assert (heard[-1].contents, code) == ("loud", KICKED.code)
        await hear_leave(witness, guest)
        await operator.post(BAN, SPAM)
        _, code = await other.hear_end()
        assert code == BANNED.code


async def _row_of(operator: Operator, member: str) -> str:
    """Return the key of a member's row, once the live list shows it."""
    async with asyncio.timeout(60):
        while True:
            page = await operator.get(f"{LIVE}?q={member}")
            match = re.search(r'name="_selected_action" value="(\d+)"', page)
            if match is not None:
                return match[1]
            await asyncio.sleep(0.2)


async def test_it_stops_soon_though_redis_does_not_answer(hosts: Hosts) -> None:
    """A machine could not be shut down while Redis is away."""
    async with Visitors(hosts.second) as far:
        client = await far.join()
        hosts.redis.pause()
        try:
            hosts.second.stop()
            _, code = await client.hear_end()
            assert code == 1012
        finally:
            hosts.redis.resume()


@pytest.mark.processes
def test_the_core_layer_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Whoever sets the better known layer would lose messages without knowing."""
    settings = tmp_path / "other_settings.py"
    settings.write_text(
        "from wschat_project.settings import *\n"
        "CHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.core.RedisChannelLayer'}}\n"
    )
    env = {
        **os.environ,
        "WSCHAT_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "other_settings",
        "PYTHONPATH": str(tmp_path),
    }
    # ./wschat and manage.py know this project's settings only.
    command = ["-m", "daphne", "-p", "0", "wschat_project.asgi:application"]
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    assert "CHANNEL_LAYERS: got channels_redis.core.RedisChannelLayer, expected" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_verdict_can_fail() -> None:
    """The fault test would find everything in order whatever happened."""

    def message(sender: str, action: str, contents: str) -> str:
        return json.dumps({"sender": sender, "action": action, "contents": contents})

    connect = {who: message("system", "connect", who) for who in "abc"}
    chats = [message("a", "chat", text) for text in "xyz"]
    whole = [connect["a"], connect["b"], *chats]

    def judged(heard: list[str], *, ended: bool = False) -> list[str]:
        reference = Visit(1, heard=[*whole], said=["x", "y", "z"])
        other = Visit(2, heard=heard, ended=ended)
        verdict = judge([reference, other], reference)
        assert verdict.is_clean == (not verdict_faults(verdict))
        return verdict_faults(verdict)

    assert judged(whole[1:]) == []
    assert judged(whole[1:-1], ended=True) == ["leaves_missing"]
    assert judged([connect["b"], chats[0], chats[2]]) == ["missing"]
    assert "repeated" in judged([connect["b"], chats[0], chats[0], *chats[1:]])
    assert "senders_moved" in judged([connect["b"], chats[1], chats[0], chats[2]])
    assert judged([*whole[1:], message("b", "chat", "unheard by the reference")]) == ["missing"]
    assert "not_own_first" in judged([chats[0], *chats[1:]])


def verdict_faults(verdict: object) -> list[str]:
    """Return the names of the counts that should be none and are not."""
    names = ("missing", "repeated", "senders_moved", "unanswered", "not_own_first",
             "leaves_missing", "leaves_repeated")  # fmt: skip
    return [name for name in names if getattr(verdict, name)]
