# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells of the lab's WinRM endpoint, through the actions of a client."""

from __future__ import annotations

import base64
import dataclasses

import pytest

from tests.lab.winrm.dispatcher import Client, Dispatcher
from tests.lab.winrm.envelope import element
from tests.lab.winrm.faults import INVALID_SELECTORS, QUOTA_MAX_OPERATIONS, QUOTA_MAX_SHELLS, WsmanFault
from tests.lab.winrm.settings import Settings
from tests.lab.winrm.shells import Shells
from tests.unit.lab.winrm_doubles import FakeLauncher, FakeProcess, echo, hang, request, text_of

CLIENT = Client("labadmin", "192.0.2.1", lambda: False)


class Driver:
    """A client that speaks to a dispatcher without any wire."""

    def __init__(self, launcher: FakeLauncher, settings: Settings = Settings()) -> None:  # noqa: B008 - it is frozen
        self.launcher = launcher
        self.shells = Shells(launcher)
        self.settings = settings
        self._dispatcher = Dispatcher(self.shells)

    def ask(self, action: str, *content, **names):  # type: ignore[no-untyped-def]
        return self._dispatcher.dispatch(request(action, content, **names), CLIENT, self.settings)

    def create(self, *content, **names) -> str:  # type: ignore[no-untyped-def]
        return text_of(self.ask("Create", element("rsp:Shell", content), **names), "rsp:ShellId")

    def run(self, shell: str, line: str, *arguments: str, **options: str) -> str:
        words = [element("rsp:Command", line), *(element("rsp:Arguments", text) for text in arguments)]
        answer = self.ask("Command", element("rsp:CommandLine", words), ShellId=shell, **options)
        return text_of(answer, "rsp:CommandId")

    def receive(self, shell: str, command: str):  # type: ignore[no-untyped-def]
        wanted = element("rsp:DesiredStream", "stdout stderr", CommandId=command)
        return self.ask("Receive", element("rsp:Receive", [wanted]), ShellId=shell)

    def signal(self, shell: str, command: str, name: str) -> None:
        code = element("rsp:Code", f"http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/{name}")
        self.ask("Signal", element("rsp:Signal", [code], CommandId=command), ShellId=shell)


def fault_of(call, *arguments) -> WsmanFault:  # type: ignore[no-untyped-def]
    with pytest.raises(WsmanFault) as fault:
        call(*arguments)
    return fault.value


def test_a_shell_gives_its_options_to_its_commands() -> None:
    driver = Driver(FakeLauncher(echo=echo))
    variables = element("rsp:Environment", [element("rsp:Variable", "b a r", Name="FOO")])
    shell = driver.create(element("rsp:WorkingDirectory", r"C:\x"), variables, WINRS_CODEPAGE="65001")
    driver.run(shell, "echo", "a", "b c")
    spec = driver.launcher.specs[0]
    assert (spec.job, spec.code_page, spec.folder, spec.variables) == (shell, 65001, r"C:\x", {"FOO": "b a r"})
    assert spec.line == r'C:\Windows\system32\cmd.exe /c "echo a b c"'


@pytest.mark.parametrize(
    ("wrap", "skip_shell", "option", "line"),
    [
        ("quoted", "honor", "FALSE", r'C:\Windows\system32\cmd.exe /c "echo x"'),
        ("quoted", "honor", "TRUE", "echo x"),
        ("quoted", "ignore", "True", r'C:\Windows\system32\cmd.exe /c "echo x"'),
        ("bare", "honor", "False", r"C:\Windows\system32\cmd.exe /c echo x"),
        ("bare", "honor", "True", "echo x"),
        ("bare", "ignore", "TRUE", r"C:\Windows\system32\cmd.exe /c echo x"),
    ],
)
def test_ways_to_run_a_line(wrap: str, skip_shell: str, option: str, line: str) -> None:
    driver = Driver(FakeLauncher(echo=echo), Settings(wrap=wrap, skip_shell=skip_shell))
    driver.run(driver.create(), "echo x", WINRS_SKIP_CMD_SHELL=option)
    assert driver.launcher.specs[0].line == line


def test_output_is_received() -> None:
    driver = Driver(FakeLauncher(echo=echo))
    shell = driver.create()
    command = driver.run(shell, "echo x")
    data, answer = b"", driver.receive(shell, command)
    while True:
        data += base64.b64decode(text_of(answer, "rsp:Stream"))
        if answer[0].find("{*}CommandState/{*}ExitCode") is not None:
            break
        answer = driver.receive(shell, command)
    assert data == b"x\r\n"
    assert text_of(answer, "rsp:ExitCode") == "0"


def test_input_is_sent() -> None:
    def program(process: FakeProcess) -> int:
        process.write(process.read_all())
        return 0

    driver = Driver(FakeLauncher(cat=program))
    shell = driver.create()
    command = driver.run(shell, "cat")
    stream = element("rsp:Stream", base64.b64encode(b"abc").decode(), Name="stdin", CommandId=command, End="TRUE")
    driver.ask("Send", element("rsp:Send", [stream]), ShellId=shell)
    assert base64.b64decode(text_of(driver.receive(shell, command), "rsp:Stream")) == b"abc"


def test_unknown_shells_and_commands_are_faults() -> None:
    driver = Driver(FakeLauncher(echo=echo))
    assert fault_of(driver.run, "no-such", "echo").code == INVALID_SELECTORS
    assert fault_of(driver.receive, driver.create(), "no-such").code == INVALID_SELECTORS


def test_a_program_that_is_missing_is_a_fault() -> None:
    driver = Driver(FakeLauncher())
    assert fault_of(driver.run, driver.create(), "nope.exe").code == 0x80070002


@pytest.mark.parametrize("name", ["terminate", "Terminate"])
def test_terminate_kills_and_frees_the_command(name: str) -> None:
    driver = Driver(FakeLauncher(hang=hang))
    shell = driver.create()
    command = driver.run(shell, "hang")
    driver.signal(shell, command, name)
    assert driver.launcher.processes[0].signals == ["terminate"]
    assert fault_of(driver.receive, shell, command).code == INVALID_SELECTORS


@pytest.mark.parametrize("name", ["ctrl_c", "ctrl_break"])
def test_other_signals_leave_the_command(name: str) -> None:
    driver = Driver(FakeLauncher(hang=hang))
    shell = driver.create()
    driver.signal(shell, driver.run(shell, "hang"), name)
    assert driver.launcher.processes[0].signals == [name]
    assert driver.launcher.jobs == {shell}


def test_delete_kills_commands_and_job() -> None:
    driver = Driver(FakeLauncher(hang=hang))
    shell = driver.create()
    command = driver.run(shell, "hang")
    driver.ask("Delete", ShellId=shell)
    assert driver.launcher.processes[0].killed.is_set()
    assert driver.launcher.jobs == set()
    assert fault_of(driver.receive, shell, command).code == INVALID_SELECTORS


def test_quota_of_shells() -> None:
    driver = Driver(FakeLauncher(), Settings(max_shells=2))
    first = driver.create()
    driver.create()
    assert fault_of(driver.create).code == QUOTA_MAX_SHELLS
    driver.ask("Delete", ShellId=first)
    driver.create()


def test_quota_of_commands_is_freed_by_terminate() -> None:
    driver = Driver(FakeLauncher(echo=echo), Settings(max_commands=2))
    shell = driver.create()
    first = driver.run(shell, "echo")
    driver.run(shell, "echo")
    fault = fault_of(driver.run, shell, "echo")
    assert (fault.code, fault.wmi_code) == (QUOTA_MAX_OPERATIONS, QUOTA_MAX_OPERATIONS)
    driver.signal(shell, first, "terminate")
    driver.run(shell, "echo")


def test_quota_of_operations_needs_a_new_shell() -> None:
    driver = Driver(FakeLauncher(echo=echo), Settings(max_operations=2))
    shell = driver.create()
    for _ in range(2):
        driver.signal(shell, driver.run(shell, "echo"), "terminate")
    assert fault_of(driver.run, shell, "echo").wmi_code == QUOTA_MAX_OPERATIONS
    driver.run(driver.create(), "echo")


def test_an_idle_shell_expires_and_a_used_one_does_not() -> None:
    driver = Driver(FakeLauncher(echo=echo), dataclasses.replace(Settings(), idle_seconds=0))
    idle = driver.create()
    used = driver.create(element("rsp:IdleTimeOut", "PT100S"))
    driver.shells.close_expired()
    assert driver.launcher.jobs == {used}
    assert fault_of(driver.run, idle, "echo").code == INVALID_SELECTORS
    with driver.shells.using(used):
        driver.shells.close_expired()
    driver.run(used, "echo")


def test_only_command_shells_are_served() -> None:
    driver = Driver(FakeLauncher())
    message = dataclasses.replace(request("Create"), resource_uri="http://schemas.microsoft.com/powershell/Microsoft.PowerShell")
    assert "not served" in str(fault_of(Dispatcher(driver.shells).dispatch, message, CLIENT, Settings()))
    assert "not supported" in str(fault_of(driver.ask, "Connect"))
