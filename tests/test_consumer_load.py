"""Everyone chats at the same time under servers that keep the members' sockets."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.servers import ROOT, RunningServer, Way

pytestmark = pytest.mark.processes

MEMBERS = 60
CHATS = 20
DELIVERIES = MEMBERS * MEMBERS * CHATS
# Less than what comes, and less time than it takes: who does not count what is taken closes all.
TIGHT = {"WSCHAT_BACKLOG_BYTES": str(64 * 1024), "WSCHAT_STALL_SECONDS": "2"}


@pytest.mark.alone
@pytest.mark.parametrize("way", [Way.UVICORN, Way.HYPERCORN])
def test_a_volley_from_everyone_loses_nothing_and_closes_nobody(way: Way) -> None:
    """Members who read what they get would be closed as slow, and lose what others said."""
    options = ["-c", str(MEMBERS), "--mpc", str(CHATS), "--same-start", "--test", "--json", "-"]
    with RunningServer(way, env=TIGHT) as server:
        ended = subprocess.run(
            [sys.executable, "manage.py", "loadtest", server.socket_url, *options],
            cwd=ROOT,
            env=server.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        figures = json.loads(ended.stdout)
        assert figures["connections"] == dict.fromkeys(("wanted", "joined", "present"), MEMBERS)
        assert (figures["expected"], figures["lost"]) == (DELIVERIES, 0)
        assert (figures["errors"], figures["passed"], ended.returncode) == ({}, True, 0)
        assert re.findall(r"chat\.connections: left .*: (?:4\d{3}|10(?:11|13)).*", server.log) == []
        assert "Traceback" not in server.log, server.log
