# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WinRM endpoint of a running lab with Wine behind it, through pywinrm and pypsrp.

Uses this process's management server, whose settings and faults it removes.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from tests.integration.lab_system import MANAGER
from tests.lab.control.credentials import USER
from tests.lab.control.lab import Lab

SHELL_NOT_FOUND = 2150858843
QUOTA_MAX_OPERATIONS = 0x803381A6
EXIT_CODES = [0, 1, 7, 255, 256, 3010, 70000, -1, -1073741819]


@dataclass(frozen=True)
class LabHost:
    """How to reach a lab host, and the folder in which it takes orders."""

    port: int
    user: str
    password: str
    authority: str
    folder: Path

    def pywinrm(self, **options: Any) -> Protocol:
        return Protocol(
            f"https://127.0.0.1:{self.port}/wsman",
            transport="ntlm",
            server_cert_validation="validate",
            ca_trust_path=self.authority,
            **{"username": self.user, "password": self.password, **options},
        )

    def pypsrp(self, **options: Any) -> WSMan:
        return WSMan(
            "127.0.0.1",
            port=self.port,
            ssl=True,
            cert_validation=self.authority,  # type: ignore[arg-type]  # it takes a file, too
            **{"username": self.user, "password": self.password, "auth": "ntlm", **options},
        )

    def settings(self, **settings: Any) -> None:
        self._write("endpoint.json", settings)

    def order(self, *faults: dict[str, Any]) -> None:
        self._write("wire-faults.json", list(faults))

    def forget_orders(self) -> None:
        for name in ("endpoint.json", "wire-faults.json"):
            (self.folder / name).unlink(missing_ok=True)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "wire.log").read_text(encoding="utf-8").splitlines()]

    def _write(self, name: str, content: Any) -> None:
        temporary = self.folder / f".{name}.{uuid.uuid4().hex}"
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self.folder / name)


@pytest.fixture
def host(lab: Lab) -> Iterator[LabHost]:
    """This process's management server."""
    found = LabHost(
        port=lab.host(MANAGER).port,
        user=USER,
        password=lab.credentials.winrm_password,
        authority=str(lab.folder / "ca.crt"),
        folder=lab.folder / "hosts" / MANAGER,
    )
    found.forget_orders()
    yield found
    found.forget_orders()


class Session:
    """A pywinrm client with an open shell."""

    def __init__(self, host: LabHost, options: dict[str, Any], **shell_options: Any) -> None:
        self.client = host.pywinrm(**options)
        self.shell = self.client.open_shell(**{"codepage": 65001, **shell_options})

    def start(self, line: str, **options: Any) -> str:
        return self.client.run_command(self.shell, line, **options)

    def run(self, line: str, stdin: bytes | None = None, **options: Any) -> tuple[str, str, int]:
        command = self.start(line, console_mode_stdin=stdin is None, **options)
        if stdin is not None:
            for offset in range(0, len(stdin), 100_000):
                self.client.send_command_input(self.shell, command, stdin[offset : offset + 100_000])
            self.client.send_command_input(self.shell, command, b"", end=True)
        stdout, stderr, code = self.client.get_command_output(self.shell, command)
        self.client.cleanup_command(self.shell, command)
        return stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"), code  # Wine's own texts are cp932


@contextlib.contextmanager
def session(host: LabHost, client: dict[str, Any] | None = None, **shell_options: Any) -> Iterator[Session]:
    opened = Session(host, client or {}, **shell_options)
    yield opened
    with contextlib.suppress(WSManFaultError):  # some tests close it
        opened.client.close_shell(opened.shell)


def pings(given: Session) -> int:
    """How many ping.exe run on the host."""
    return given.run("tasklist")[0].lower().count("ping.exe")


def becomes(given: Session, wanted: int) -> bool:
    """Whether as many ping.exe run within some seconds: a command is started before its process can be seen."""
    return any(pings(given) == wanted for _ in range(10))


# --- pywinrm ---


@pytest.mark.parametrize("encryption", ["auto", "always"])
def test_streams_are_separate(host: LabHost, encryption: str) -> None:
    with session(host, {"message_encryption": encryption}) as given:
        assert given.run("echo out& echo err>&2& exit 7") == ("out\r\n", "err\r\n", 7)


def test_exit_codes_have_32_bits(host: LabHost) -> None:
    with session(host) as given:
        assert [given.run(f"exit {code}")[2] for code in EXIT_CODES] == EXIT_CODES


def test_stdin_of_some_megabytes(host: LabHost) -> None:
    lines = [f"{number:09d} {uuid.uuid4().hex}" for number in range(70_000)]
    with session(host) as given:
        stdout, stderr, code = given.run("sort", "".join(f"{line}\r\n" for line in reversed(lines)).encode())
    assert (stdout.split(), stderr, code) == (" ".join(lines).split(), "", 0)


def test_two_megabytes_of_output(host: LabHost) -> None:
    with session(host) as given:
        stdout, _, code = given.run(f"for /l %i in (1,1,20000) do @echo %i {'x' * 100}")
    assert code == 0
    assert [line.split()[0] for line in stdout.splitlines()] == [str(number) for number in range(1, 20001)]
    assert len(stdout) > 2_000_000


def test_japanese_in_both_directions(host: LabHost) -> None:
    with session(host, env_vars={"SERVER": "管理サーバ"}) as given:
        assert given.run("echo 日本語ソ%SERVER%表")[0] == "日本語ソ管理サーバ表\r\n"
        assert given.run("echo エラー>&2")[1] == "エラー\r\n"
        assert given.run("sort", "データ\r\n".encode())[0] == "データ\r\n"


def test_code_page_environment_and_folder(host: LabHost) -> None:
    with session(host, env_vars={"FOO": "b a r", "TEMP": "C:\\x"}, working_directory="C:\\windows") as given:
        assert given.run("chcp")[0].rstrip(".\r\n").endswith("65001")
        assert given.run("echo %FOO% %TEMP%& cd")[0].lower() == "b a r c:\\x\r\nc:\\windows\r\n"
    with session(host, codepage=437) as given:
        assert given.run("chcp")[0].rstrip(".\r\n").endswith("437")
        assert "FOO" not in given.run("set")[0]
        assert given.run("echo %SystemRoot% %ProgramFiles%")[0].lower() == "c:\\windows c:\\program files\r\n"


def test_a_missing_folder_is_a_fault(host: LabHost) -> None:
    with session(host, working_directory="C:\\no such folder") as given:
        with pytest.raises(WSManFaultError) as fault:
            given.start("ver")
        assert fault.value.wsman_fault_code == 0x8007010B


def test_a_silent_command_outlasts_the_operation_timeout(host: LabHost) -> None:
    with session(host, {"operation_timeout_sec": 1, "read_timeout_sec": 3}) as given:
        assert given.run("ping -n 5 127.0.0.1 >nul& echo done& exit 5") == ("done\r\n", "", 5)
    polls = [entry for entry in host.log() if entry.get("shell") == given.shell and entry["action"] == "Receive"]
    assert [entry["answer_fault"] for entry in polls[:3]] == [2150858793] * 3


def test_output_streams_while_the_command_runs(host: LabHost) -> None:
    with session(host) as given:
        command = given.start("echo first& ping -n 4 127.0.0.1 >nul& echo second")
        began = time.monotonic()
        stdout, _, _, done = given.client.get_command_output_raw(given.shell, command)
        assert (stdout[:5], done, time.monotonic() - began < 2) == (b"first", False, True)
        rest, _, code = given.client.get_command_output(given.shell, command)
        assert (stdout + rest, code) == (b"first\r\nsecond\r\n", 0)


def test_two_commands_at_once_in_a_shell(host: LabHost) -> None:
    with session(host) as given:
        results: dict[int, tuple[bytes, bytes, int]] = {}

        def run(number: int) -> None:
            client = host.pywinrm()
            command = client.run_command(given.shell, f"ping -n 3 127.0.0.1 >nul& echo {number}& exit {number}")
            results[number] = client.get_command_output(given.shell, command)

        threads = [threading.Thread(target=run, args=[number]) for number in (1, 2)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == {1: (b"1\r\n", b"", 1), 2: (b"2\r\n", b"", 2)}
        assert time.monotonic() - began < 3.8  # one after the other would be more than 4


def test_terminate_kills_the_command_and_its_children(host: LabHost) -> None:
    with session(host) as given:
        before = pings(given)
        command = given.start("echo go& ping -n 60 127.0.0.1")
        other = given.start("ping -n 4 127.0.0.1 >nul& echo alive")
        given.client.get_command_output_raw(given.shell, command)
        given.client.cleanup_command(given.shell, command)
        assert pings(given) == before + 1
        assert given.client.get_command_output(given.shell, other)[0] == b"alive\r\n"
        with pytest.raises(WSManFaultError) as fault:
            given.client.get_command_output(given.shell, command)
        assert fault.value.wsman_fault_code == SHELL_NOT_FOUND


def test_delete_kills_what_the_shell_started(host: LabHost) -> None:
    with session(host) as watcher:
        before = pings(watcher)
        with session(host) as given:
            assert given.run('start "" /b ping -n 60 127.0.0.1 >nul& echo started')[0] == "started\r\n"
            given.start("ping -n 60 127.0.0.1")
            assert becomes(watcher, before + 2)
        assert pings(watcher) == before


def test_an_idle_shell_expires_with_its_processes(host: LabHost) -> None:
    with session(host) as watcher:
        before = pings(watcher)
        with session(host, idle_timeout="PT1S") as given:
            given.start("ping -n 60 127.0.0.1")
            time.sleep(3)
            with pytest.raises(WSManFaultError) as fault:
                given.start("ver")
        assert fault.value.wsman_fault_code == SHELL_NOT_FOUND
        assert pings(watcher) == before


def test_quotas(host: LabHost) -> None:
    host.settings(max_commands=2, max_shells=1000)
    with session(host) as given:
        first = given.start("ver")
        given.start("ver")
        with pytest.raises(WSManFaultError) as fault:
            given.start("ver")
        assert fault.value.wmierror_code == QUOTA_MAX_OPERATIONS
        given.client.cleanup_command(given.shell, first)
        given.start("ver")
        host.settings(max_shells=1)
        with pytest.raises(WSManFaultError) as fault:
            given.client.open_shell()
        assert fault.value.wsman_fault_code == 2150859173


@pytest.mark.parametrize("wrap", ["quoted", "bare"])
@pytest.mark.parametrize("skip_shell", ["honor", "ignore"])
def test_ways_to_run_a_line(host: LabHost, wrap: str, skip_shell: str) -> None:
    host.settings(wrap=wrap, skip_shell=skip_shell)
    with session(host) as given:
        assert given.run('echo "a b"& exit 3') == ('"a b"\r\n', "", 3)
        # cmd.exe takes the first and the last quote off a line that begins with one: only the quoted way survives that.
        line = '"C:\\windows\\system32\\cmd.exe" /c echo "a b"'
        assert (given.run(line)[0] == '"a b"\r\n') is (wrap == "quoted")
        honored = skip_shell == "honor"
        skipped = r"C:\windows\system32\cmd.exe /c echo %SystemRoot:~0,2%^&"
        assert given.run(skipped, skip_cmd_shell=True)[0].strip() == ("C:&" if honored else "C:")
        if honored:
            with pytest.raises(WSManFaultError) as fault:
                given.start("echo x", skip_cmd_shell=True)
            assert fault.value.wsman_fault_code == 0x80070002


# --- a bad wire ---


def test_a_command_is_found_again_by_its_ids(host: LabHost) -> None:
    with session(host) as given:
        command = given.start("(for /l %i in (1,1,5) do @(echo %i& ping -n 2 127.0.0.1 >nul))& exit 9")
        host.order({"kind": "drop_before", "action": "Receive", "skip": 1})
        with pytest.raises(requests.exceptions.ConnectionError):
            given.client.get_command_output(given.shell, command)
        received = given.client.get_command_output(given.shell, command)
        assert received[2] == 9
        assert received[0].split()[-3:] == [b"3", b"4", b"5"]


def test_a_lost_answer_means_that_the_command_ran(host: LabHost) -> None:
    with session(host) as given:
        host.order({"kind": "drop_after", "action": "Command", "command": "mark"})
        with pytest.raises(requests.exceptions.ConnectionError):
            given.start("echo x> %TEMP%\\endpoint-mark")
        assert given.run("ping -n 2 127.0.0.1 >nul& type %TEMP%\\endpoint-mark& del %TEMP%\\endpoint-mark")[0] == "x\r\n"


def test_503_and_shell_gone(host: LabHost) -> None:
    with session(host) as given:
        host.order({"kind": "http", "status": 503}, {"kind": "shell_gone", "action": "Command", "skip": 0})
        with pytest.raises(WinRMTransportError) as unavailable:
            given.start("ver")
        assert unavailable.value.code == 503
        with pytest.raises(WSManFaultError) as gone:
            given.start("ver")
        assert gone.value.wsman_fault_code == SHELL_NOT_FOUND


def test_a_wrong_password_is_refused(host: LabHost) -> None:
    with pytest.raises(InvalidCredentialsError):
        host.pywinrm(password="wrong").open_shell()


def test_the_log_tells_the_command_line(host: LabHost) -> None:
    with session(host) as given:
        given.run('echo 日本語 "a b"')
    lines = [entry["command"] for entry in host.log() if entry.get("shell") == given.shell and "command" in entry]
    assert lines == ['echo 日本語 "a b"']


# --- pypsrp ---


@pytest.mark.parametrize("options", [{}, {"encryption": "always"}, {"auth": "negotiate"}])
def test_pypsrp(host: LabHost, options: dict[str, Any]) -> None:
    with host.pypsrp(**options) as client, WinRS(client, codepage=65001, environment={"FOO": "日本"}) as shell:
        process = Process(shell, "echo", ["%FOO%&", "echo", "err>&2&", "exit", "3010"])
        process.invoke()
        assert (process.stdout.decode(), process.stderr, process.rc) == ("日本\r\n", b"err\r\n", 3010)
        process.signal(SignalCode.TERMINATE)


def test_pypsrp_stdin_and_long_poll(host: LabHost) -> None:
    with host.pypsrp(operation_timeout=1, read_timeout=4) as client, WinRS(client, codepage=65001) as shell:
        process = Process(shell, "sort")
        process.begin_invoke()
        threading.Timer(2.5, process.send, [b"b\r\na\r\n", True]).start()
        process.poll_invoke()
        process.end_invoke()
        assert (process.stdout, process.rc) == (b"a\r\nb\r\n", 0)


@pytest.mark.parametrize("code", [SignalCode.CTRL_C, SignalCode.CTRL_BREAK])
def test_pypsrp_signals(host: LabHost, code: str) -> None:
    with host.pypsrp() as client, WinRS(client, codepage=65001) as shell:
        process = Process(shell, "echo go& ping", ["-n", "60", "127.0.0.1"])
        process.begin_invoke()
        process.poll_invoke()
        time.sleep(0.5)  # ping must have started
        process.signal(code)
        process.end_invoke()
        assert process.rc == -1073741510  # 0xC000013A


def test_pypsrp_skips_cmd(host: LabHost) -> None:
    with host.pypsrp() as client, WinRS(client, codepage=65001) as shell:
        process = Process(shell, r"C:\windows\system32\cmd.exe", ["/c", "exit", "5"], no_shell=True)
        process.invoke()
        assert process.rc == 5
