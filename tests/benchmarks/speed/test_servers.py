"""Servers as processes: ready when they say so, measured, ended, and heard when they fail."""

import httpx
import psutil
import pytest

from benchmarks.speed.servers import PORT, Command, ServerFailedError, running

PRINT_AND_FAIL = "import sys; sys.exit('no such model')"
PRINT_ENVIRONMENT = "import os, sys; sys.exit(str(dict(os.environ)))"


def test_a_ready_server_answers_and_is_ended_on_leaving(stand_in):
    with running(stand_in("any")) as server:
        assert httpx.get(f"{server.base_url}/livez").status_code == 200
        assert server.ready_s > 0
        assert server.rss_mb > 1
        assert server.cpu_s > 0
    assert not psutil.pid_exists(server.process.pid)


def test_two_servers_run_at_once(server, stand_in):
    with running(stand_in("other")) as other:
        assert other.base_url != server.base_url
        assert httpx.get(f"{server.base_url}/livez").status_code == 200


def test_a_server_that_ends_is_named_with_what_it_said():
    with (
        pytest.raises(ServerFailedError, match=r"broken did not become ready: no such model"),
        running(Command("broken", ["-c", PRINT_AND_FAIL])),
    ):
        pass


def test_the_callers_settings_are_not_handed_on(monkeypatch):
    monkeypatch.setenv("API_KEYS_FILE", "keys.txt")
    monkeypatch.setenv("HOME", "/home/anyone")
    command = Command("any", ["-c", PRINT_ENVIRONMENT], {"API_PORT": PORT})
    with pytest.raises(ServerFailedError) as failed, running(command):
        pass
    environment = failed.value.log
    assert "API_KEYS_FILE" not in environment
    assert "'HOME': '/home/anyone'" in environment
    assert PORT not in environment
