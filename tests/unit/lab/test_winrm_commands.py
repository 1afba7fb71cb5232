# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the lab's WinRM endpoint: input, output, end."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tests.lab.winrm import commands
from tests.lab.winrm.commands import Command
from tests.lab.winrm.faults import OPERATION_ABORTED, OPERATION_TIMED_OUT, PIPE_ENDED, WsmanFault
from tests.unit.lab.winrm_doubles import FakeProcess, echo, hang


def never() -> bool:
    return False


def collect(command: Command, limit: int = 100_000) -> tuple[bytes, bytes, int]:
    stdout, stderr = b"", b""
    while True:
        output = command.receive(5, limit, never)
        assert len(output.stdout) + len(output.stderr) <= limit
        stdout += output.stdout
        stderr += output.stderr
        if output.exit_code is not None:
            return stdout, stderr, output.exit_code


def test_output_and_exit_code() -> None:
    def program(process: FakeProcess) -> int:
        process.write(b"out")
        os.write(process.own_stderr, b"err")
        return -1073741819

    assert collect(Command(FakeProcess(program), "x", hold_open=False)) == (b"out", b"err", -1073741819)


def test_output_larger_than_the_buffer_arrives_whole() -> None:
    data = os.urandom(3_000_000)

    def program(process: FakeProcess) -> int:
        process.write(data)
        return 0

    command = Command(FakeProcess(program), "x", hold_open=False)
    time.sleep(0.8)  # longer than the grace for the end of output
    assert collect(command) == (data, b"", 0)


def test_what_follows_at_once_goes_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(process: FakeProcess) -> int:
        process.write(b"first ")
        time.sleep(0.1)
        process.write(b"second")
        return 3

    monkeypatch.setattr(commands, "MORE_OUTPUT_GRACE", 5)
    assert Command(FakeProcess(program), "x", hold_open=False).receive(9, 1000, never) == commands.Output(b"first second", b"", 3)


def test_output_is_not_held_back_until_the_end() -> None:
    def program(process: FakeProcess) -> int:
        process.write(b"first")
        return hang(process)

    command = Command(FakeProcess(program), "x", hold_open=False)
    assert command.receive(5, 1000, never) == commands.Output(b"first", b"", None)
    command.signal("terminate")


def test_input_is_passed_on_until_its_end() -> None:
    def program(process: FakeProcess) -> int:
        process.write(process.read_all()[::-1])
        return 0

    command = Command(FakeProcess(program), "x", hold_open=False)
    command.send(b"abc", end=False)
    command.send(b"def", end=True)
    with pytest.raises(WsmanFault) as fault:
        command.send(b"more", end=False)
    assert fault.value.code == PIPE_ENDED
    assert collect(command) == (b"fedcba", b"", 0)


def test_input_that_nobody_reads_does_not_block() -> None:
    sent = threading.Event()

    def program(process: FakeProcess) -> int:
        sent.wait()
        return 3

    command = Command(FakeProcess(program), "x", hold_open=False)
    command.send(b"x" * 1_000_000, end=False)
    sent.set()
    assert collect(command) == (b"", b"", 3)


def test_silence_is_a_timeout_and_output_comes_later() -> None:
    go_on = threading.Event()

    def program(process: FakeProcess) -> int:
        go_on.wait()
        process.write(b"late")
        return 5

    command = Command(FakeProcess(program), "x", hold_open=False)
    with pytest.raises(WsmanFault) as fault:
        command.receive(0.1, 1000, never)
    assert fault.value.code == OPERATION_TIMED_OUT
    go_on.set()
    assert collect(command) == (b"late", b"", 5)


def test_output_stays_when_the_client_is_lost() -> None:
    command = Command(FakeProcess(echo), "x", hold_open=False)
    with pytest.raises(ConnectionAbortedError):
        command.receive(5, 1000, lambda: True)
    assert collect(command) == (b"x\r\n", b"", 0)


def test_terminate_ends_a_waiting_receive() -> None:
    process = FakeProcess(hang)
    command = Command(process, "x", hold_open=False)
    threading.Timer(0.1, command.signal, ["terminate"]).start()
    with pytest.raises(WsmanFault) as fault:
        command.receive(5, 1000, never)
    assert fault.value.code == OPERATION_ABORTED
    assert process.signals == ["terminate"]


@pytest.mark.parametrize("hold_open", [False, True])
def test_a_process_left_behind_holds_the_output_open(hold_open: bool) -> None:
    inherited: list[int] = []

    def program(process: FakeProcess) -> int:
        inherited.append(os.dup(process.own_stdout))
        process.write(b"done")
        return 0

    command = Command(FakeProcess(program), "x", hold_open=hold_open)
    threading.Timer(1.5, lambda: os.close(inherited[0])).start()
    began = time.monotonic()
    assert collect(command) == (b"done", b"", 0)
    assert (time.monotonic() - began > 1.2) is hold_open
