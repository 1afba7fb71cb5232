# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import RawResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._winrs import WinrsRunner
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_psrp import FakePsrpServer, answer_by
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import (
    FakeServer,
    connection_refused,
    connection_reset,
    http_error,
    wsman_fault,
)

TOO_MANY_OPERATIONS = 0x803381A6
SHELL_NOT_FOUND = 2150858843
TOO_MANY_SHELLS = 2150859173


@pytest.fixture(params=["winrm", "psrp"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A server that is reached by each of the connections."""
    if request.param == "winrm":
        return FakeServer()
    server = FakePsrpServer()
    answer_by(server, monkeypatch)
    return server


def make_runner(connection: Any, tries: int = 3, **options: Any) -> WinrsRunner:
    runner = open_runner(connection, **options)
    assert isinstance(runner, WinrsRunner)
    runner.pauses = (0,) * tries
    return runner


@pytest.fixture
def runner(server: FakeServer) -> WinrsRunner:
    return make_runner(server.connection())


def probe(runner: WinrsRunner, line: str = "ver") -> RawResult:
    return runner.run(line, time_limit=30, idempotent=True)


def change(runner: WinrsRunner, line: str = "setup", **options: object) -> RawResult:
    return runner.run(line, time_limit=30, **options)  # type: ignore[arg-type]


def end_task(runner: WinrsRunner) -> None:
    runner.close()
    runner._connection.close()  # as Ansible does


def test_a_command_costs_start_read_and_end(server: FakeServer, runner: WinrsRunner) -> None:
    result = probe(runner)
    assert (result.exit_code, result.stdout, result.complete) == (0, b"done\r\n", True)
    assert server.calls == ["Create", "Command: ver", "Receive", "Receive", "Signal"]
    assert runner.requests == 1  # of the fake's operations, only Command is counted


def test_one_shell_serves_many_commands(server: FakeServer, runner: WinrsRunner) -> None:
    for _attempt in range(5):
        probe(runner)
    assert server.calls.count("Create") == 1


@pytest.mark.parametrize("exit_code", [3010, -1073741819, 1])
def test_exit_codes_are_handed_on(server: FakeServer, runner: WinrsRunner, exit_code: int) -> None:
    server.answer = lambda line, stdin: (exit_code, b"", b"")
    assert change(runner).exit_code == exit_code


def test_input_is_sent_in_chunks_and_closed(server: FakeServer, runner: WinrsRunner) -> None:
    server.answer = lambda line, stdin: (len(stdin), b"", b"")
    assert change(runner, stdin=b"x" * 200_000).exit_code == 200_000
    assert [call for call in server.calls if "Send" in call] == ["Send: 98304", "Send: 98304", "Send: 3392 end"]


def test_empty_input_is_closed_too(server: FakeServer, runner: WinrsRunner) -> None:
    change(runner, stdin=b"")
    assert "Send: 0 end" in server.calls


def test_output_is_handed_on_while_it_arrives(server: FakeServer, runner: WinrsRunner) -> None:
    server.answer = lambda line, stdin: (0, b"out", b"err")
    seen: list[bytes] = []
    change(runner, on_data=seen.append)
    assert seen == [b"out", b"err"]


def test_environment_reaches_commands_and_nothing_is_left(server: FakeServer) -> None:
    connection = server.connection()
    runner = make_runner(connection, environment={"LANG": "ja"})
    probe(runner)
    probe(runner)
    shells = len(server.shells)
    assert server.environments == [{}] * (shells - 1) + [{"LANG": "ja"}]  # winrm has a shell without one already
    runner.close()
    runner.close()
    assert server.calls[-1] == f"Delete: shell{shells}"
    connection.close()
    assert not server.shells


def test_silence_is_not_an_error(server: FakeServer, runner: WinrsRunner) -> None:
    server.silence = 5
    assert change(runner).exit_code == 0


# Time limits


def test_time_limit_terminates(server: FakeServer, runner: WinrsRunner) -> None:
    server.silence = 1_000_000
    with pytest.raises(TimeLimitError) as caught:
        runner.run("hang", time_limit=0.05, idempotent=True)
    assert caught.value.evidence["left_running"] is False
    assert server.calls[-1] == "Signal"


def test_time_limit_can_leave_the_command_running(server: FakeServer, runner: WinrsRunner) -> None:
    server.silence = 1_000_000
    with pytest.raises(TimeLimitError):
        runner.run("setup", time_limit=0.05, on_time_limit="leave")
    end_task(runner)
    assert server.shells == {"shell1": {"command1": server.shells["shell1"]["command1"]}}
    assert not {"Signal", "Delete: shell1"} & set(server.calls)


def test_long_polls_are_no_longer_than_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = make_runner(FakeServer().connection())
    probe(runner)
    protocol = runner._connection.protocol
    seen = []
    read = protocol.get_command_output_raw

    def receive(*args: object) -> object:
        seen.append(protocol.operation_timeout_sec)
        return read(*args)

    monkeypatch.setattr(protocol, "get_command_output_raw", receive)
    runner.run("ver", time_limit=4, idempotent=True)
    assert max(seen) <= 5
    assert protocol.operation_timeout_sec == 20


def test_an_interrupted_change_is_left_running(server: FakeServer, runner: WinrsRunner) -> None:
    def interrupt(data: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(runner, on_time_limit="leave", on_data=interrupt)
    end_task(runner)
    assert server.shells["shell1"]


def test_it_ends_when_its_parent_is_gone(server: FakeServer, runner: WinrsRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    server.silence = 1_000_000
    parents = iter([os.getppid()] * 4)
    monkeypatch.setattr(os, "getppid", lambda: next(parents, 1))
    with pytest.raises(ConnectionLostError) as caught:
        change(runner, on_time_limit="leave")
    assert caught.value.code == "controller_gone"
    assert server.shells["shell1"]


# Broken connections: operation, what breaks, and whether the command may run twice

BREAKS = [
    ("faults", "Command", connection_refused),
    ("faults", "Command", connection_reset),
    ("lost", "Command", connection_reset),
    ("faults", "Command", lambda: http_error(503)),
    ("faults", "Command", lambda: wsman_fault(SHELL_NOT_FOUND)),
    ("faults", "Command", lambda: wsman_fault(0, TOO_MANY_OPERATIONS)),
    ("faults", "Receive", connection_reset),
    ("faults", "Receive", connection_refused),
    ("lost", "Receive", connection_reset),
    ("faults", "Receive", lambda: wsman_fault(SHELL_NOT_FOUND)),
    ("faults", "Receive", lambda: http_error(503)),
    ("faults", "Signal", connection_reset),
]


@pytest.mark.parametrize(("where", "operation", "fault"), BREAKS)
def test_a_probe_always_recovers_completely(server: FakeServer, runner: WinrsRunner, where: str, operation: str, fault: object) -> None:
    getattr(server, where)[operation].append(fault())  # type: ignore[operator]
    result = probe(runner)
    assert (result.exit_code, result.stdout, result.complete) == (0, b"done\r\n", True)
    assert probe(runner).stdout == b"done\r\n"


@pytest.mark.parametrize(("where", "operation", "fault"), BREAKS)
def test_a_change_never_runs_twice(server: FakeServer, runner: WinrsRunner, where: str, operation: str, fault: object) -> None:
    getattr(server, where)[operation].append(fault())  # type: ignore[operator]
    try:
        outcome = str(change(runner, on_time_limit="leave").exit_code)
    except ConnectionLostError as error:
        outcome = error.code
    assert outcome in ("0", "answer_lost")
    assert len(server.ran) == 1 or (outcome == "answer_lost" and not server.ran)


@pytest.mark.parametrize(
    ("where", "fault"),
    [("faults", connection_reset), ("lost", connection_reset)],
)
def test_the_lost_answer_of_a_change_is_reported(server: FakeServer, runner: WinrsRunner, where: str, fault: object) -> None:
    getattr(server, where)["Command"].append(fault())  # type: ignore[operator]
    with pytest.raises(ConnectionLostError) as caught:
        change(runner)
    assert caught.value.code == "answer_lost"
    assert caught.value.evidence["cause_code"] == "unreachable"


def test_reading_goes_on_over_a_new_connection(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Receive"] = [None, connection_reset(), http_error(503)]
    result = change(runner)
    assert (result.exit_code, result.stdout, result.complete) == (0, b"done\r\n", False)
    assert server.calls.count("Create") == 1


def test_reading_gives_up_in_the_end_and_leaves_the_command_alone(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Receive"] = [connection_refused() for _attempt in range(4)]
    with pytest.raises(ConnectionLostError) as caught:
        change(runner, on_time_limit="leave")
    assert caught.value.code == "answer_lost"
    end_task(runner)
    assert server.shells["shell1"]


def test_a_change_that_did_not_start_is_started_in_a_new_shell(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Command"] = [wsman_fault(0, TOO_MANY_OPERATIONS)]
    assert change(runner).exit_code == 0
    assert server.ran == ["setup"]
    assert list(server.shells) == ["shell2"]  # the full one was deleted


def test_another_fault_of_the_start_is_final(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Command"] = [wsman_fault(5)]
    with pytest.raises(ConnectionLostError):
        probe(runner)
    assert server.ran == []


def test_lost_answer_to_input_closes_it_and_reads_on(server: FakeServer, runner: WinrsRunner) -> None:
    server.lost["Send"] = [connection_reset()]
    server.answer = lambda line, stdin: (len(stdin), b"", b"")
    assert change(runner, stdin=b"secret").exit_code == 6
    assert [call for call in server.calls if "Send" in call] == ["Send: 6 end", "Send: 0 end"]
    assert server.ran == ["setup"]


def test_input_that_nobody_reads_is_no_error(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Send"] = [wsman_fault(2147942509)]
    assert change(runner, stdin=b"x").exit_code == 0


def test_tries_are_bounded(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Command"] = [connection_refused() for _attempt in range(100)]
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "unreachable"
    assert sum("Command" in call for call in server.calls) == 4


def test_the_first_contact_is_not_repeated(server: FakeServer, runner: WinrsRunner) -> None:
    server.faults["Create"] = [connection_refused() for _attempt in range(100)]
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "unreachable"
    assert server.calls == ["Create"]


def test_too_many_shells_on_the_way_heals(server: FakeServer, runner: WinrsRunner) -> None:
    probe(runner)
    server.shells.clear()
    server.faults["Create"] = [wsman_fault(TOO_MANY_SHELLS)]
    assert probe(runner).exit_code == 0


def test_credentials_are_not_tried_over_and_over(server: FakeServer, runner: WinrsRunner) -> None:
    probe(runner)
    server.faults["Command"] = [http_error(401) for _attempt in range(10)]
    with pytest.raises(ConnectionLostError) as caught:
        probe(runner)
    assert caught.value.code == "wrong_credentials"
    assert sum("Command" in call for call in server.calls) == 3


def test_failing_clean_up_hides_nothing(server: FakeServer, runner: WinrsRunner) -> None:
    server.silence = 1_000_000
    server.faults["Signal"] = [connection_reset()]
    with pytest.raises(TimeLimitError):
        runner.run("hang", time_limit=0.05)


def test_the_log_tells_about_the_connection(server: FakeServer, runner: WinrsRunner) -> None:
    lines: list[tuple[int, str]] = []
    runner.log = lambda level, text: lines.append((level, text))
    server.faults["Command"] = [connection_refused()]
    probe(runner)
    assert {level for level, _text in lines} == {4}
    assert any("can not be reached" in text for _level, text in lines)


# A server that is waited for


@pytest.fixture
def patient(server: FakeServer, no_waiting: list[float]) -> WinrsRunner:
    """A runner that waits a minute for its server."""
    runner = make_runner(server.connection())
    runner.reconnection_time = 60
    return runner


OUTAGES = [connection_refused, connection_reset, lambda: http_error(503), lambda: wsman_fault(TOO_MANY_SHELLS)]


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("idempotent", [True, False])
def test_the_first_contact_is_waited_for(
    server: FakeServer, patient: WinrsRunner, no_waiting: list[float], outage: Callable[[], Exception], idempotent: bool
) -> None:
    server.faults["Create"] = [outage() for _attempt in range(8)]
    assert patient.run("setup", time_limit=30, idempotent=idempotent).exit_code == 0
    assert 20 < sum(no_waiting) <= 60
    assert server.ran == ["setup"]


def test_an_outage_does_not_count_as_running(server: FakeServer, patient: WinrsRunner, no_waiting: list[float]) -> None:
    server.faults["Command"] = [connection_refused() for _attempt in range(10)]
    assert patient.run("ver", time_limit=5, idempotent=True).exit_code == 0
    assert sum(no_waiting) > 30


def test_reading_goes_on_after_a_long_outage(server: FakeServer, patient: WinrsRunner, no_waiting: list[float]) -> None:
    server.faults["Receive"] = [http_error(503) for _attempt in range(10)]
    result = patient.run("setup", time_limit=300)
    assert (result.exit_code, result.complete) == (0, False)
    assert sum(no_waiting) > 30
    assert result.elapsed == sum(no_waiting)


@pytest.mark.parametrize("ended", [True, False])
def test_what_ended_during_an_outage_was_not_too_slow(
    server: FakeServer, patient: WinrsRunner, no_waiting: list[float], ended: bool
) -> None:
    """The outage lasts longer than the time limit; what counts is what the server says afterwards."""
    server.faults["Receive"] = [http_error(503) for _attempt in range(8)]
    if ended:
        assert patient.run("setup", time_limit=20).exit_code == 0
    else:
        server.silence = 1_000_000
        with pytest.raises(TimeLimitError):
            patient.run("setup", time_limit=20)
    assert sum(no_waiting) > 20


@pytest.mark.parametrize("operation", ["Create", "Command", "Receive"])
def test_a_server_that_stays_away_is_given_up_in_the_end(
    server: FakeServer, patient: WinrsRunner, no_waiting: list[float], operation: str
) -> None:
    server.faults[operation] = [connection_refused() for _attempt in range(1000)]
    with pytest.raises(ConnectionLostError) as caught:
        patient.run("setup", time_limit=300)
    assert caught.value.code == ("answer_lost" if operation == "Receive" else "unreachable")
    assert sum(no_waiting) == 60


@pytest.mark.parametrize(("operation", "tries"), [("Create", 1), ("Command", 2), ("Receive", 2)])
def test_waiting_tries_no_credentials_over_and_over(server: FakeServer, patient: WinrsRunner, operation: str, tries: int) -> None:
    server.faults[operation] = [http_error(401) for _attempt in range(10)]
    with pytest.raises(ConnectionLostError):
        patient.run("setup", time_limit=300)
    assert sum(operation in call for call in server.calls) == tries


def test_what_time_does_not_heal_is_not_waited_for(server: FakeServer, patient: WinrsRunner, no_waiting: list[float]) -> None:
    certificate = "certificate verify failed: certificate has expired (_ssl.c:1)"
    server.faults["Create"] = [ConnectionError(certificate) for _attempt in range(10)]
    with pytest.raises(ConnectionLostError) as caught:
        probe(patient)
    assert caught.value.code == "certificate_rejected"
    assert no_waiting == []


def test_a_server_that_is_just_starting_is_no_stranger(server: FakeServer, patient: WinrsRunner) -> None:
    server.faults["Create"] = [ConnectionError("('Connection aborted.', RemoteDisconnected('Remote end closed connection'))")]
    assert probe(patient).exit_code == 0


# Which connections


@pytest.mark.parametrize("transport", ["paramiko_ssh", "local", "ansible.builtin.paramiko_ssh", "smart", ""])
def test_other_connections_are_refused_by_name(transport: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_runner(SimpleNamespace(transport=transport))
    assert caught.value.code == "unsupported_connection"
    assert repr(transport.rpartition(".")[2] or "unknown") in caught.value.message
    assert "winrm" in caught.value.remedy


def test_a_bad_code_page_is_refused(server: FakeServer) -> None:
    with pytest.raises(OptionError):
        open_runner(server.connection(), code_page_fallback="cp0")
