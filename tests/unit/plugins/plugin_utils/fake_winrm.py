# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A winrm connection without a network: it runs commands by a function and fails where a test says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import requests
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

Outcome = tuple[int, bytes, bytes]


def connection_reset() -> Exception:
    return requests.exceptions.ConnectionError("('Connection aborted.', ConnectionResetError(104, 'reset by peer'))")


def connection_refused() -> Exception:
    return requests.exceptions.ConnectionError("Max retries exceeded (Caused by NewConnectionError('refused'))")


def http_error(status: int) -> Exception:
    return WinRMTransportError("http", status, "")


def wsman_fault(code: int = 0, wmi_code: int | None = None) -> Exception:
    return WSManFaultError(500, "bad", "", "a fault", wsman_fault_code=code, wmierror_code=wmi_code)


class FakeTransport:
    def __init__(self) -> None:
        self.session: Any = None

    def build_session(self) -> Any:
        self.session = self.session or SimpleNamespace(hooks={"response": []})
        return self.session

    def close_session(self) -> None:
        self.session = None

    def count(self) -> None:
        for hook in self.build_session().hooks["response"]:
            hook(SimpleNamespace(history=[]))


class FakeServer:
    """The far side: shells, commands, and faults.

    :param answer: gets a command line and its input, returns exit code, output and error output.
    :ivar faults: exceptions to raise by operation, one for each call; None lets a call pass.
    :ivar lost: likewise, but the operation is done first and only its answer is lost.
    :ivar calls: the operations in order, such as C(Command: ver).
    :ivar silence: Receive operations that time out first, for each command.
    """

    def __init__(self, answer: Callable[[str, bytes], Outcome] | None = None) -> None:
        self.answer = answer or (lambda line, stdin: (0, b"done\r\n", b""))
        self.faults: dict[str, list[Exception | None]] = defaultdict(list)
        self.lost: dict[str, list[Exception | None]] = defaultdict(list)
        self.calls: list[str] = []
        self.silence = 0
        self.shells: dict[str, dict[str, Any]] = {}
        self.ran: list[str] = []
        self.environments: list[dict[str, str]] = []

    def connection(self) -> FakeConnection:
        return FakeConnection(self)

    def operation(self, name: str, detail: str = "") -> None:
        self.calls.append(f"{name}: {detail}" if detail else name)
        if self.faults[name] and (fault := self.faults[name].pop(0)):
            raise fault

    def answered(self, name: str) -> None:
        if self.lost[name] and (fault := self.lost[name].pop(0)):
            raise fault


class FakeProtocol:
    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.transport = FakeTransport()
        self.operation_timeout_sec = 20

    def open_shell(self, codepage: int = 437, env_vars: dict[str, str] | None = None, **_unused: Any) -> str:
        assert codepage == 65001
        self.transport.count()
        self.server.operation("Create")
        self.server.environments.append(env_vars or {})
        shell = f"shell{len(self.server.environments)}"
        self.server.shells[shell] = {}
        return shell

    def close_shell(self, shell_id: str, close_session: bool = True) -> None:
        self.server.operation("Delete", shell_id)
        if shell_id not in self.server.shells:
            raise wsman_fault(2150858843)
        del self.server.shells[shell_id]

    def run_command(self, shell_id: str, command: str, console_mode_stdin: bool = True, skip_cmd_shell: bool = True) -> str:
        assert not console_mode_stdin
        assert not skip_cmd_shell
        self.transport.count()
        self.server.operation("Command", command)
        if shell_id not in self.server.shells:
            raise wsman_fault(2150858843)
        self.server.ran.append(command)
        command_id = f"command{len(self.server.ran)}"
        self.server.shells[shell_id][command_id] = SimpleNamespace(line=command, stdin=b"", silence=self.server.silence, answer=None)
        self.server.answered("Command")
        return command_id

    def send_command_input(self, shell_id: str, command_id: str, data: bytes, end: bool = False) -> None:
        assert isinstance(data, bytes)
        self.server.operation("Send", f"{len(data)}{' end' if end else ''}")
        self._command(shell_id, command_id).stdin += data
        self.server.answered("Send")

    def get_command_output_raw(self, shell_id: str, command_id: str) -> tuple[bytes, bytes, int, bool]:
        self.server.operation("Receive")
        command = self._command(shell_id, command_id)
        if command.silence:
            command.silence -= 1
            raise WinRMOperationTimeoutError
        if command.answer is None:
            command.answer = self.server.answer(command.line, command.stdin)
            self.server.answered("Receive")
            return command.answer[1], command.answer[2], -1, False
        self.server.answered("Receive")
        return b"", b"", command.answer[0], True

    def cleanup_command(self, shell_id: str, command_id: str) -> None:
        self.server.operation("Signal")
        self._command(shell_id, command_id)
        del self.server.shells[shell_id][command_id]

    def _command(self, shell_id: str, command_id: str) -> Any:
        try:
            return self.server.shells[shell_id][command_id]
        except KeyError:
            raise wsman_fault(2150858843) from None


class FakeConnection:
    """What the code above the wire uses of Ansible's winrm connection."""

    transport = "winrm"

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.protocol: FakeProtocol | None = None
        self.shell_id: str | None = None
        self._connected = False

    def get_option(self, name: str) -> str:
        return {"remote_addr": "192.0.2.1"}[name]

    def _connect(self) -> None:
        if self.protocol is None:
            protocol = FakeProtocol(self.server)
            self.shell_id = protocol.open_shell(codepage=65001)
            self.protocol = protocol
            self._connected = True

    def close(self) -> None:
        if self.protocol is not None:
            self.protocol.close_shell(self.shell_id or "")
        self.protocol = self.shell_id = None
        self._connected = False
