# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _quoting
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import RawResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._ssh import SshRunner
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_ssh import FakeSshServer, socket_of

FAILED = "Failed to connect to the host via ssh: "
REFUSED = FAILED + "ssh: connect to host 192.0.2.1 port 22: Connection refused"


@pytest.fixture
def server(tmp_path: Path) -> FakeSshServer:
    return FakeSshServer(tmp_path)


def make_runner(server: FakeSshServer, **options: Any) -> SshRunner:
    runner = open_runner(server.connection(), **options)
    assert isinstance(runner, SshRunner)
    runner.pauses = (0,) * 3
    return runner


@pytest.fixture
def runner(server: FakeSshServer) -> Iterator[SshRunner]:
    runner = make_runner(server)
    yield runner
    runner.close()


def probe(runner: SshRunner, line: str = "ver") -> RawResult:
    return runner.run(line, time_limit=30, idempotent=True)


def change(runner: SshRunner, line: str = "setup", **options: Any) -> RawResult:
    return runner.run(line, time_limit=30, **options)


def test_one_connection_serves_many_commands_and_ends_with_the_runner(server: FakeSshServer, runner: SshRunner) -> None:
    for _attempt in range(3):
        result = probe(runner)
        assert (result.exit_code, result.stdout, result.stderr, result.complete) == (0, b"done\r\n", b"", True)
    assert len(server.connections) == 1
    assert runner.requests == 3
    folder = Path(socket_of(server.connections[0])).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    runner.close()
    runner.close()
    assert not folder.exists()


def test_the_users_settings_hold_and_come_before_ours(server: FakeSshServer, runner: SshRunner) -> None:
    probe(runner)
    used = server.connections[0]
    assert used["ssh_args"].endswith(" -C")
    assert used["ssh_extra_args"].startswith("-o X=y ")
    assert runner._connection.get_option("ssh_args") == "-C"
    assert runner._connection.get_option("ssh_extra_args") == "-o X=y"


@pytest.mark.parametrize("exit_code", [0, 1, 255, 256, 3010, -1, -1073741819])
def test_exit_codes_have_all_their_bits(server: FakeSshServer, runner: SshRunner, exit_code: int) -> None:
    server.behave(exit_code=exit_code, stdout=["no line end"])
    result = change(runner)
    assert (result.exit_code, result.stdout) == (exit_code, b"no line end")


def test_the_mark_is_never_shown_even_in_pieces(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(stdout=["a[", "0b\r\n"], stderr="err", between=0.3, late="late\r\n")
    seen: list[bytes] = []
    result = change(runner, on_data=seen.append)
    assert (result.stdout, result.stderr) == (b"a[0b\r\nlate\r\n", b"err")
    assert b"".join(seen).replace(b"err", b"") == result.stdout
    assert seen[0] == b"a"


def test_input_is_sent_whole_and_closed(server: FakeSshServer, runner: SshRunner) -> None:
    data = bytes(range(256)) * 2000
    change(runner, stdin=data)
    change(runner, stdin=b"")
    change(runner)
    assert [entry["stdin"].encode("latin-1") for entry in server.ran] == [data, b"", b""]


def test_the_line_is_kept_from_the_outer_cmd(server: FakeSshServer) -> None:
    runner = make_runner(server, environment={"LANG": "a&b"})
    change(runner, 'echo "a b"&exit 5')
    runner.close()
    (entry,) = server.ran
    inner = _quoting.carets("set LANG=a^&b&" + 'echo "a b"&exit 5')
    assert f'cmd /s /c ^"{inner}^"&call echo [' in entry["line"]
    assert entry["line"].startswith("chcp 65001>nul&")


def test_a_line_that_grows_too_long_is_refused_before_it_is_sent(server: FakeSshServer, runner: SshRunner) -> None:
    line = "echo " + "&" * 4500
    assert _quoting.fits(line) and not runner.fits(line)
    assert runner.fits("echo " + "x" * 4500)
    with pytest.raises(OptionError) as caught:
        probe(runner, line)
    assert caught.value.code == "command_too_long"
    assert server.ran == []


# Time limits


def test_time_limit_ends_the_command_by_another_one(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(seconds=60)
    start = time.monotonic()
    with pytest.raises(TimeLimitError) as caught:
        runner.run("hang", time_limit=0.3)
    assert time.monotonic() - start < 15
    assert caught.value.evidence["left_running"] is False
    hung, ending = server.ran
    token = hung["line"].rpartition("[")[2].partition(".")[0]
    assert token not in ending["line"]  # it would find and end itself
    assert token in ending["line"].replace("[", "").replace("]", "")
    assert "taskkill /f /t" in ending["line"]


def test_a_command_that_can_not_be_ended_is_said_to_run(server: FakeSshServer, runner: SshRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.jp1.itdm.plugins.plugin_utils._ssh._CLEANING_UP", 1)
    server.behave(seconds=60, can_be_ended=False)
    with pytest.raises(TimeLimitError) as caught:
        runner.run("hang", time_limit=0.3)
    assert caught.value.evidence["left_running"] is True
    assert not Path(f"/proc/{server.ran[0]['pid']}").exists()


def test_time_limit_can_leave_the_command_running(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(seconds=60)
    with pytest.raises(TimeLimitError) as caught:
        runner.run("setup", time_limit=0.3, on_time_limit="leave")
    assert caught.value.evidence["left_running"] is True
    runner.close()
    (entry,) = server.ran
    os.kill(entry["pid"], signal.SIGTERM)  # its client is there and reads its output


def test_it_ends_when_its_parent_is_gone(server: FakeSshServer, runner: SshRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    probe(runner)
    server.behave(seconds=60)
    parent = os.getppid()
    monkeypatch.setattr(os, "getppid", lambda: parent if len(server.ran) < 2 else 1)  # once the second command runs
    with pytest.raises(ConnectionLostError) as caught:
        change(runner, on_time_limit="leave")
    assert caught.value.code == "controller_gone"
    os.kill(server.ran[1]["pid"], signal.SIGTERM)  # its client was left alone


# Broken connections


def test_what_never_reached_the_connection_is_started_again(server: FakeSshServer, runner: SshRunner) -> None:
    probe(runner)
    server.end_connections()
    assert change(runner).exit_code == 0
    assert len(server.connections) == 2
    assert [entry for entry in server.ran if "setup" in entry["line"]] == server.ran[1:]
    assert len(server.ran) == 2


def test_a_change_whose_connection_broke_is_not_repeated(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(lost=1)
    with pytest.raises(ConnectionLostError) as caught:
        change(runner)
    assert caught.value.code == "answer_lost"
    assert caught.value.evidence["cause_code"] == "unreachable"
    assert "Broken pipe" in caught.value.message
    assert len(server.ran) == 1
    assert change(runner).exit_code == 0


def test_a_probe_whose_connection_broke_is_repeated(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(lost=2)
    result = probe(runner)
    assert (result.exit_code, result.stdout) == (0, b"done\r\n")
    assert (len(server.ran), len(server.connections)) == (3, 3)


def test_tries_are_bounded(server: FakeSshServer, runner: SshRunner) -> None:
    server.behave(lost=100)
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "unreachable"
    assert len(server.ran) == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (REFUSED, "unreachable"),
        (FAILED + "ssh: connect to host 192.0.2.1 port 22: Connection timed out", "unreachable"),
        (FAILED + "ssh: Could not resolve hostname nope: Name or service not known", "unreachable"),
        (FAILED + "kex_exchange_identification: Connection closed by remote host", "unreachable"),
        (FAILED + "Administrator@192.0.2.1: Permission denied (publickey,password).", "wrong_credentials"),
        ("Invalid/incorrect password: Permission denied, please try again.", "wrong_credentials"),
        (FAILED + "Host key verification failed.", "host_key_rejected"),
        ("to use the 'ssh' connection type with passwords you must install the sshpass program", "missing_library"),
    ],
)
def test_first_contact(server: FakeSshServer, runner: SshRunner, text: str, code: str) -> None:
    server.failures = [AnsibleConnectionFailure(text)]
    with pytest.raises(ConnectionLostError) as caught:
        change(runner)
    assert caught.value.code == code
    assert caught.value.remedy
    assert "connect to host" not in text or text.rpartition(": ")[2] in caught.value.message
    assert len(server.connections) == 1 and server.ran == []
    assert not Path(socket_of(server.connections[0])).parent.exists()


def test_a_server_that_is_restarted_is_waited_for(server: FakeSshServer, runner: SshRunner) -> None:
    probe(runner)
    server.end_connections()
    server.failures = [AnsibleConnectionFailure(REFUSED) for _attempt in range(2)]
    assert change(runner).exit_code == 0
    assert len(server.ran) == 2


def test_the_first_contact_is_waited_for_where_that_is_wanted(server: FakeSshServer, runner: SshRunner, no_waiting: list[float]) -> None:
    runner.reconnection_time = 60
    server.failures = [AnsibleConnectionFailure(REFUSED) for _attempt in range(8)]
    assert runner.run("setup", time_limit=1e9).exit_code == 0
    assert 20 < sum(pause for pause in no_waiting if pause >= 1) <= 60  # shorter ones are looks at the command


def test_wrong_credentials_are_not_tried_over_and_over(server: FakeSshServer, runner: SshRunner) -> None:
    probe(runner)
    server.end_connections()
    server.failures = [AnsibleConnectionFailure(FAILED + "Permission denied (password).") for _attempt in range(9)]
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "wrong_credentials"
    assert len(server.connections) == 2


def test_another_shell_than_cmd_is_named(server: FakeSshServer, runner: SshRunner) -> None:
    server.banner = b"%OS%\r\n"
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "not_windows"
    with pytest.raises(OptionError) as refused:
        open_runner(server.connection(shell="sh"))
    assert refused.value.code == "unsupported_shell"
    assert "ansible_shell_type" in refused.value.remedy
