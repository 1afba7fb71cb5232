# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: one command line in, bytes and an exit code out, through the WinRS shell of an Ansible connection.

This is the only file that touches a connection plugin's inner parts (C(protocol), C(shell_id)). Nothing but cmd.exe is
started on the server: no PowerShell, no files.

What happens when the connection breaks:

- Before the server answered to the start of a command, an idempotent command is sent again. Any other is sent again
  only when it certainly did not start; otherwise the failure C(answer_lost) says that its outcome is unknown.
- While a command runs, its output is read on over a new connection; an idempotent command is run again, because some
  output may be lost.
- A shell that is gone or full (quota) is replaced by a new one under the same rules.

All of that is bounded by L(WinrmRunner.pauses) and the command's time limit. Where L(Runner.reconnection_time) is set, a server that does
not answer is waited for that long, also at the first contact; the time limit counts only while the command runs.

Note that this module is private to the collection.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.plugins.plugin_utils._patience import Patience
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import Command, OnTimeLimit, RawResult, Runner

try:
    from winrm.exceptions import WinRMOperationTimeoutError
except ImportError:  # Ansible's connection says what is missing when it connects

    class WinRMOperationTimeoutError(Exception):  # type: ignore[no-redef]
        """Stands in for pywinrm's."""


# Base64 of this much, with the message around it, stays below the 150 kB that WinRM 2.0 takes.
STDIN_CHUNK = 96 * 1024
UTF8_CODE_PAGE = 65001
# Seconds between two readings of output that goes on.
FIRST_REST, LONGEST_REST = 0.01, 0.2


class WinrmRunner(Runner):
    """Runs commands through C(ansible.builtin.winrm).

    :ivar pauses: seconds to wait before each new try after an outage; their number bounds the tries.
    """

    def __init__(self, connection: Any, environment: Mapping[str, str], code_page_fallback: str) -> None:
        super().__init__(_host_name(connection), code_page_fallback)
        self.pauses: tuple[float, ...] = (1, 2, 4, 8, 15)
        self._connection = connection
        self._environment = {str(key): str(value) for key, value in environment.items()}
        self._own_shell: str | None = None
        self._counted: object = None
        self._connected_before = False
        self._parent = os.getppid()

    def run(
        self,
        line: str,
        *,
        time_limit: float,
        stdin: bytes | None = None,
        idempotent: bool = False,
        on_time_limit: OnTimeLimit = "terminate",
        on_data: Callable[[bytes], None] | None = None,
    ) -> RawResult:
        command = Command(line, time_limit, stdin, idempotent, on_time_limit, on_data)
        patience = Patience(self.pauses, self.reconnection_time)
        while True:
            try:
                return self._try(command)
            except _TryAgain as again:
                pause = patience.pause(again.failure)
                if pause is None or command.left() <= 0:
                    raise again.failure from again.__cause__
                self.log(4, f"{again.failure.message} Trying again in {pause:g} s.")
                if again.new_shell:
                    self._drop_shell()
                else:
                    self._drop_session()
                self._sleep(pause)

    def close(self) -> None:
        shell, self._own_shell = self._own_shell, None
        if shell is not None and self._connection.protocol is not None:
            self._quietly(lambda: self._connection.protocol.close_shell(shell, close_session=False))

    # One try

    def _try(self, command: Command) -> RawResult:
        command.reset()
        shell = self._open()
        command_id = self._start(command, shell)
        command.begin()
        try:
            if command.stdin is not None:
                self._send(command, shell, command_id)
            result = self._receive(command, shell, command_id)
        except _TryAgain:
            raise
        except BaseException:
            if command.on_time_limit == "leave":
                # Deleting the shell, which Ansible does at the end of the task, would end the command.
                self._abandon_shell()
            else:
                self._end(shell, command_id)
            raise
        self._end(shell, command_id)
        return result

    def _start(self, command: Command, shell: str) -> str:
        try:
            return str(self._connection.protocol.run_command(shell, command.line, console_mode_stdin=False, skip_cmd_shell=False))
        except Exception as exc:
            failure = self._describe(exc)
            if errors.fault_codes(exc) & errors.SHELL_FAULTS:
                raise _TryAgain(failure, new_shell=True) from exc
            if errors.is_fault(exc):
                raise failure from exc
            if errors.was_not_processed(exc):
                raise _TryAgain(failure, new_shell=False) from exc
            if command.idempotent:
                raise _TryAgain(failure, new_shell=True) from exc
            raise self._answer_lost(failure) from exc

    def _send(self, command: Command, shell: str, command_id: str) -> None:
        stdin = command.stdin or b""
        for start in range(0, max(len(stdin), 1), STDIN_CHUNK):
            chunk, last = stdin[start : start + STDIN_CHUNK], start + STDIN_CHUNK >= len(stdin)
            try:
                self._connection.protocol.send_command_input(shell, command_id, chunk, end=last)
            except Exception as exc:
                if errors.is_fault(exc):
                    return  # the command has ended without reading its input; its result tells
                if command.idempotent:
                    raise _TryAgain(self._describe(exc), new_shell=True) from exc
                # Whether the input arrived is not known. Closing it lets the command end by itself in both cases.
                self.log(4, f"{self.name}: the answer to an input was lost; closing the input")
                self._drop_session()
                self._sleep(next(iter(self.pauses), 0))
                self._quietly(lambda: self._connection.protocol.send_command_input(shell, command_id, b"", end=True))
                return

    def _receive(self, command: Command, shell: str, command_id: str) -> RawResult:
        patience = Patience(self.pauses, self.reconnection_time)
        rest = FIRST_REST
        while True:
            self._check_parent()
            if command.left() <= 0:
                raise TimeLimitError(
                    f"The command on {self.name} was still running after {command.time_limit:g} s.",
                    code="time_limit",
                    evidence={"host": self.name, "left_running": command.on_time_limit == "leave"},
                )
            try:
                stdout, stderr, exit_code, done = self._read(shell, command_id, command.left())
            except WinRMOperationTimeoutError:
                continue  # no output for that long
            except Exception as exc:
                failure = self._describe(exc)
                if command.idempotent:
                    raise _TryAgain(failure, new_shell=True) from exc
                pause = patience.pause(failure)
                if pause is None or errors.is_fault(exc):
                    raise self._answer_lost(failure) from exc
                self.log(4, f"{failure.message} Reading on in {pause:g} s.")
                command.complete = False
                self._drop_session()
                self._sleep(pause)
                continue
            patience = Patience(self.pauses, self.reconnection_time)
            command.take(stdout, stderr)
            if done:
                return command.result(exit_code)
            # Output comes in small pieces; a moment's rest saves many requests.
            rest = min(rest * 2, LONGEST_REST)
            self._sleep(rest)

    def _read(self, shell: str, command_id: str, longest: float) -> tuple[bytes, bytes, int, bool]:
        protocol = self._connection.protocol
        usual = protocol.operation_timeout_sec
        protocol.operation_timeout_sec = max(1, min(usual, int(longest) + 1))
        try:
            stdout, stderr, exit_code, done = protocol.get_command_output_raw(shell, command_id)
            return stdout, stderr, exit_code, done
        finally:
            protocol.operation_timeout_sec = usual

    def _end(self, shell: str, command_id: str) -> None:
        """Free the command's place in the shell, ending it if it still runs."""
        self._quietly(lambda: self._connection.protocol.cleanup_command(shell, command_id))

    # The connection

    def _open(self) -> str:
        """Return the shell to use, connecting first where needed."""
        self._check_parent()
        try:
            self._connection._connect()
            self._count_requests()
            if self._environment and self._own_shell is None:
                self._own_shell = str(self._connection.protocol.open_shell(codepage=UTF8_CODE_PAGE, env_vars=self._environment))
        except Exception as exc:
            failure = self._describe(exc)
            if (self._connected_before or self.reconnection_time) and failure.code in errors.TRANSIENT:
                raise _TryAgain(failure, new_shell=True) from exc
            raise failure from exc
        self._connected_before = True
        return self._own_shell or str(self._connection.shell_id)

    def _count_requests(self) -> None:
        session = self._connection.protocol.transport.build_session()
        if session is not self._counted:
            self._counted = session
            session.hooks["response"].append(self._count)

    def _count(self, response: Any, *args: Any, **kwargs: Any) -> None:
        self.requests += 1 + len(response.history)

    def _drop_session(self) -> None:
        """Forget the TCP connection; shell and command live on at the server."""
        self.log(4, f"{self.name}: new connection")
        if self._connection.protocol is not None:
            self._quietly(self._connection.protocol.transport.close_session)
            self._quietly(self._count_requests)

    def _drop_shell(self) -> None:
        """Delete the shell if it can still be deleted; the next command opens a new one."""
        self.log(4, f"{self.name}: new shell")
        self._drop_session()
        self.close()
        self._quietly(self._connection.close)
        self._abandon_shell()

    def _abandon_shell(self) -> None:
        """Forget shell and connection without ending what runs in the shell."""
        connection = self._connection
        if connection.protocol is not None:
            self._quietly(connection.protocol.transport.close_session)
        connection.protocol = connection.shell_id = self._own_shell = None
        connection._connected = False

    # Small things

    def _describe(self, exc: BaseException) -> ConnectionLostError:
        # who waits for a server knows it
        return errors.describe(exc, self.name, connected=self._connected_before or self.reconnection_time > 0)

    def _answer_lost(self, failure: ConnectionLostError) -> ConnectionLostError:
        return ConnectionLostError(
            f"The connection to {self.name} broke, and whether the command took effect is not known: {failure.message}",
            code="answer_lost",
            remedy="Look at the server's state before running the command again.",
            evidence=failure.evidence | {"cause_code": failure.code},
        )

    def _quietly(self, action: Callable[[], Any]) -> None:
        """Clean up; a failure of that must not hide the first error."""
        try:
            action()
        except Exception as exc:
            self.log(4, f"{self.name}: cleaning up: {type(exc).__name__}: {exc}")

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check_parent()
            time.sleep(min(left, 1.0))

    def _check_parent(self) -> None:
        # A killed ansible-playbook leaves its workers alive; this one must not go on alone.
        if os.getppid() != self._parent:
            raise ConnectionLostError("The ansible-playbook process that started this task has ended.", code="controller_gone")


class _TryAgain(Exception):
    """A try failed in a way that allows another one."""

    def __init__(self, failure: ConnectionLostError, *, new_shell: bool) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.new_shell = new_shell


def _host_name(connection: Any) -> str:
    try:
        return str(connection.get_option("remote_addr"))
    except (AttributeError, KeyError):
        return "the server"


#: The seam for other connections: name of the connection plugin -> what runs commands through it.
OPENERS: dict[str, Callable[[Any, Mapping[str, str], str], Runner]] = {"winrm": WinrmRunner}


def open_runner(connection: Any, environment: Mapping[str, str] | None = None, code_page_fallback: str = "cp932") -> Runner:
    """Return a runner for the Ansible connection of a Windows server; connects at its first command.

    :param connection: the connection plugin.
    :param environment: environment variables of all commands.
    :param code_page_fallback: Python's name of the code page in which tools write that ignore the shell's UTF-8.
    :raises OptionError: when the connection is none that can run commands on Windows this way.
    """
    transport = str(getattr(connection, "transport", "") or "unknown").rpartition(".")[2]
    opener = OPENERS.get(transport)
    if opener is None:
        raise OptionError(
            f"The connection {transport!r} can not be used for the servers of this product.",
            code="unsupported_connection",
            remedy=f"Set ansible_connection to {' or '.join(sorted(OPENERS))} for this host, a Windows server.",
            evidence={"connection": transport, "supported": sorted(OPENERS)},
        )
    return opener(connection, environment or {}, code_page_fallback)
