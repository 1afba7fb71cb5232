# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: one command line in, bytes and an exit code out, through the WinRS shell of an Ansible connection.

This is the only file that touches a connection plugin's inner parts (C(protocol), C(shell_id)). Nothing else is started on the server than
cmd.exe; no PowerShell, no files.

What happens when the connection breaks:

- Before the server answered to the start of a command, an idempotent command is sent again. Any other is sent again only when it certainly
  did not start; otherwise the failure C(answer_lost) says that its outcome is unknown.
- While a command runs, its output is read on over a new connection; an idempotent command is run again, because some output may be lost.
- A shell that is gone or full (quota) is replaced by a new one under the same rule.

All of that is bounded by L(WinrmRunner.pauses) and the command's time limit.

Note that this module is private to the collection.
"""

from __future__ import annotations

import abc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    ConnectionLostError,
    OptionError,
    TimeLimitError,
    UpgradeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.plugins.plugin_utils._decoding import check_code_page

try:
    from winrm.exceptions import AuthenticationError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
except ImportError:  # Ansible's connection says what is missing when it connects

    class AuthenticationError(Exception):  # type: ignore[no-redef]
        pass

    WinRMOperationTimeoutError = WinRMTransportError = WSManFaultError = AuthenticationError  # type: ignore[misc]

OnTimeLimit = Literal["terminate", "leave"]

# Base64 of this much, with the message around it, stays below the 150 kB that WinRM 2.0 takes.
STDIN_CHUNK = 96 * 1024
UTF8_CODE_PAGE = 65001


@dataclass(frozen=True)
class RawResult:
    """The end of a command.

    :ivar exit_code: signed 32-bit number.
    :ivar elapsed: seconds.
    :ivar complete: false when the connection broke while output was read, so that some of it may be missing.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    elapsed: float
    complete: bool = True


class Runner(abc.ABC):
    """Runs command lines on one server, one after the other.

    :ivar name: the server's name for messages.
    :ivar requests: HTTP requests so far, without those of opening and closing the connection.
    :ivar code_page_fallback: code page of output that is not UTF-8.
    :ivar log: receives a verbosity level (4 for connection operations) and a text.
    """

    def __init__(self, name: str, code_page_fallback: str) -> None:
        self.name = name
        self.requests = 0
        self.code_page_fallback = check_code_page(code_page_fallback)
        self.log: Callable[[int, str], None] = lambda level, text: None

    @abc.abstractmethod
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
        """Run one line of cmd.exe and wait for its end.

        :param line: the line, as L(_quoting.check) returns it.
        :param time_limit: seconds, including all repetitions.
        :param stdin: standard input, closed behind it; None when the line itself takes care of it.
        :param idempotent: whether the line may be run again when its outcome is unknown.
        :param on_time_limit: whether to end the command when its time is over, or to leave it running.
        :param on_data: receives standard output and error output as they arrive.
        :raises TimeLimitError: when the time is over.
        :raises ConnectionLostError: when the connection can not be made or broke for good.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Give back what the runner opened itself; never fails."""


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
        command = _Command(line, stdin, idempotent, on_time_limit, on_data, time_limit, time.monotonic())
        refused = False
        for pause in (*self.pauses, None):
            try:
                return self._try(command)
            except _Broken as broken:
                # A second refusal of the same credentials could lock the account.
                if pause is None or command.left() <= 0 or refused:
                    raise broken.failure from broken.__cause__
                refused = broken.failure.code == "wrong_credentials"
                self.log(4, f"{broken.failure.message} Trying again in {pause} s.")
                if broken.new_shell:
                    self._drop_shell()
                else:
                    self._drop_session()
                self._sleep(pause)
        raise AssertionError("unreachable")

    def close(self) -> None:
        shell, self._own_shell = self._own_shell, None
        if shell is not None and self._connection.protocol is not None:
            self._quietly(lambda: self._connection.protocol.close_shell(shell, close_session=False))

    # One try

    def _try(self, command: _Command) -> RawResult:
        command.reset()
        shell = self._open()
        command_id = self._start(command, shell)
        try:
            if command.stdin is not None:
                self._send(command, shell, command_id)
            result = self._receive(command, shell, command_id)
        except _Broken:
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

    def _start(self, command: _Command, shell: str) -> str:
        try:
            command_id = self._connection.protocol.run_command(
                shell, command.line, console_mode_stdin=False, skip_cmd_shell=False
            )
        except Exception as exc:
            failure = self._describe(exc)
            codes = errors.fault_codes(exc)
            if codes & {errors.TOO_MANY_OPERATIONS, errors.SHELL_NOT_FOUND, errors.TOO_MANY_SHELLS}:
                raise _Broken(failure, new_shell=True) from exc
            if _answers_with_fault(exc):
                raise failure from exc
            if _was_refused(exc) or errors.was_not_sent(exc):
                raise _Broken(failure, new_shell=False) from exc
            if command.idempotent:
                raise _Broken(failure, new_shell=True) from exc
            raise self._answer_lost(failure) from exc
        if not command_id:
            raise self._describe(ValueError("no element found: the answer has no CommandId"))
        return str(command_id)

    def _send(self, command: _Command, shell: str, command_id: str) -> None:
        stdin = command.stdin or b""
        for start in range(0, max(len(stdin), 1), STDIN_CHUNK):
            end = start + STDIN_CHUNK >= len(stdin)
            try:
                self._connection.protocol.send_command_input(
                    shell, command_id, stdin[start : start + STDIN_CHUNK], end=end
                )
            except Exception as exc:
                if _answers_with_fault(exc):
                    return  # the command has ended without reading its input; its result tells
                if command.idempotent:
                    raise _Broken(self._describe(exc), new_shell=True) from exc
                # Whether the input arrived is not known. Closing it lets the command end by itself in both cases.
                self.log(4, f"{self.name}: the answer to an input was lost; closing the input")
                self._drop_session()
                self._sleep(self.pauses[0] if self.pauses else 0)
                self._quietly(lambda: self._connection.protocol.send_command_input(shell, command_id, b"", end=True))
                return

    def _receive(self, command: _Command, shell: str, command_id: str) -> RawResult:
        pauses = iter(self.pauses)
        usual = self._connection.protocol.operation_timeout_sec
        while True:
            self._check_parent()
            if command.left() <= 0:
                raise TimeLimitError(
                    f"The command on {self.name} was still running after {command.time_limit:g} s.",
                    code="time_limit",
                    evidence={"host": self.name, "left_running": command.on_time_limit == "leave"},
                )
            protocol = self._connection.protocol
            protocol.operation_timeout_sec = max(1, min(usual, int(command.left()) + 1))
            try:
                stdout, stderr, exit_code, done = protocol.get_command_output_raw(shell, command_id)
            except WinRMOperationTimeoutError:
                continue  # no output for that long
            except Exception as exc:
                failure = self._describe(exc)
                if command.idempotent:
                    raise _Broken(failure, new_shell=True) from exc
                pause = next(pauses, None)
                if pause is None or _answers_with_fault(exc):
                    raise self._answer_lost(failure) from exc
                self.log(4, f"{failure.message} Reading on in {pause} s.")
                command.complete = False
                self._drop_session()
                self._sleep(pause)
                continue
            finally:
                protocol.operation_timeout_sec = usual
            pauses = iter(self.pauses)
            command.take(stdout, stderr)
            if done:
                return command.result(exit_code)

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
                self._own_shell = self._connection.protocol.open_shell(
                    codepage=UTF8_CODE_PAGE, env_vars=self._environment
                )
        except UpgradeError:
            raise
        except Exception as exc:
            failure = errors.describe(exc, self.name, connected=self._connected_before)
            if self._connected_before and failure.code in ("unreachable", "winrm_unavailable", "too_many_shells"):
                raise _Broken(failure, new_shell=True) from exc
            raise failure from exc
        self._connected_before = True
        shell = self._own_shell if self._environment else self._connection.shell_id
        if not shell:
            raise _Broken(self._describe(ValueError(f"{errors.SHELL_NOT_FOUND}")), new_shell=True)
        return str(shell)

    def _count_requests(self) -> None:
        transport = self._connection.protocol.transport
        session = transport.build_session()
        if session is not self._counted:
            self._counted = session
            session.hooks["response"].append(self._count)

    def _count(self, response: Any, *args: Any, **kwargs: Any) -> None:
        self.requests += 1 + len(response.history)

    def _drop_session(self) -> None:
        """Forget the TCP connection; shell and command live on at the server."""
        self.log(4, f"{self.name}: new connection")
        protocol = self._connection.protocol
        if protocol is not None:
            self._quietly(protocol.transport.close_session)
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
        return errors.describe(exc, self.name, connected=self._connected_before)

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
            raise ConnectionLostError(
                "The ansible-playbook process that started this task has ended.", code="controller_gone"
            )


@dataclass
class _Command:
    """What one call of run() wants, and how far it has come."""

    line: str
    stdin: bytes | None
    idempotent: bool
    on_time_limit: OnTimeLimit
    on_data: Callable[[bytes], None] | None
    time_limit: float
    started: float

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.complete = True

    def left(self) -> float:
        return self.started + self.time_limit - time.monotonic()

    def take(self, stdout: bytes, stderr: bytes) -> None:
        self.stdout += stdout
        self.stderr += stderr
        for data in (stdout, stderr):
            if data and self.on_data:
                self.on_data(data)

    def result(self, exit_code: int) -> RawResult:
        elapsed = time.monotonic() - self.started
        return RawResult(exit_code, bytes(self.stdout), bytes(self.stderr), elapsed, self.complete)


class _Broken(Exception):
    """A try failed in a way that allows another one."""

    def __init__(self, failure: ConnectionLostError, *, new_shell: bool) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.new_shell = new_shell


def _answers_with_fault(exc: BaseException) -> bool:
    """Whether WinRM itself answered that the operation is not possible, so that it certainly was not done."""
    return isinstance(exc, WSManFaultError)


def _was_refused(exc: BaseException) -> bool:
    """Whether the request was turned down before WinRM saw it."""
    if isinstance(exc, AuthenticationError):
        return True
    return isinstance(exc, WinRMTransportError) and exc.code in (400, 401, 403, 407, 429, 503)


def _host_name(connection: Any) -> str:
    for option in ("remote_addr", "host"):
        try:
            return str(connection.get_option(option))
        except Exception:
            continue
    return "the server"


#: The seam for other connections: name of the connection plugin -> what runs commands through it.
OPENERS: dict[str, Callable[[Any, Mapping[str, str], str], Runner]] = {"winrm": WinrmRunner}


def open_runner(
    connection: Any, environment: Mapping[str, str] | None = None, code_page_fallback: str = "cp932"
) -> Runner:
    """Return a runner for the Ansible connection of a Windows server; connects at its first command.

    :param connection: the connection plugin.
    :param environment: environment variables of all commands.
    :param code_page_fallback: Python's name of the code page in which tools write that ignore the shell's UTF-8.
    :raises OptionError: when the connection is none that can run commands on Windows this way.
    """
    transport = str(getattr(connection, "transport", "") or getattr(connection, "_load_name", "") or "unknown")
    opener = OPENERS.get(transport.rpartition(".")[2])
    if opener is None:
        raise OptionError(
            f"The connection {transport!r} can not be used for the servers of this product.",
            code="unsupported_connection",
            remedy=f"Set ansible_connection to {' or '.join(sorted(OPENERS))} for this host, which must be a Windows server.",
            evidence={"connection": transport, "supported": sorted(OPENERS)},
        )
    return opener(connection, environment or {}, code_page_fallback)
