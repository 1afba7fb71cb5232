# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands through C(ansible.builtin.ssh) and the OpenSSH server of Windows: the only file that knows of them.

The plugin makes the connection, with all its settings, and keeps it open (C(ControlMaster)). Each command is then an ssh
client of its own upon that connection, because the plugin knows neither time limits nor output that arrives while a
command runs. A failure to connect therefore never leaves a command behind whose outcome is unknown.

What L(_tries) has for all connections means here:

- A command that did not reach the connection is started again over a new one.
- When the connection breaks while a command runs, its output is lost and its outcome unknown: only an idempotent
  command is run again.

The end of a client ends nothing on the server. So a command whose time is over is ended by another command, and one
that may go on keeps its client, because a program without a reader of its output could fail.

Exit codes arrive with 8 bits only, so each is printed behind the command's output, and taken out of it again.

Note that this module is private to the collection.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _quoting
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import Command, RawResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._tries import FIRST_REST, LONGEST_REST, TryAgain, TryingRunner

#: Exit code of a client that could not do its work; no command of ours ends with it.
_CLIENT_FAILED = 255
#: Of cmd.exe's 8191 characters, what the server puts around a line is left free.
_LONGEST_LINE = 8150
# Seconds: how long the connection is kept for the next command, and how long cleaning up may take.
_KEPT, _CLEANING_UP = 600, 20
# A connection whose server is silent for a minute is lost; the user's own settings come before these.
_LIVELINESS = "-o ServerAliveInterval=15 -o ServerAliveCountMax=4"
_SENT_AT_ONCE = 64 * 1024


class SshRunner(TryingRunner):
    """Runs commands in cmd.exe, over a connection of its own which ends with L(close)."""

    def __init__(self, connection: Any, environment: Mapping[str, str], code_page_fallback: str) -> None:
        super().__init__(connection, code_page_fallback)
        family = getattr(getattr(connection, "_shell", None), "SHELL_FAMILY", None)
        if family != "cmd":
            raise OptionError(
                f"The connection ssh to {self.name} has the shell type {family}.",
                code="unsupported_shell",
                remedy="Set ansible_shell_type to cmd for this host, and leave cmd.exe the default shell of its OpenSSH server.",
                evidence={"host": self.name, "shell_type": str(family)},
            )
        self._settings = "".join(f"set {_quoting.carets(f'{name}={value}')}&" for name, value in environment.items())
        self._folder: str | None = None

    def fits(self, line: str) -> bool:
        return super().fits(line) and len(self._wrapped(line, _new_token())) <= _LONGEST_LINE

    def close(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            self._quietly(
                lambda: subprocess.run(self._client(folder, "-O", "exit"), capture_output=True, timeout=_CLEANING_UP, check=False)
            )
            shutil.rmtree(folder, ignore_errors=True)

    # The connection

    def _connect(self) -> str:
        if self._folder is None:
            folder = tempfile.mkdtemp(prefix="jp1-")
            try:
                self._make_connection(folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._folder = folder
        return self._folder

    def _make_connection(self, folder: str) -> None:
        connection = self._connection
        usual = {name: connection.get_option(name) or "" for name in ("ssh_args", "ssh_extra_args")}
        kept = f"-o ControlMaster=auto -o ControlPersist={_KEPT} -o ControlPath={_socket(folder)}"
        connection.set_option("ssh_args", f"{kept} {usual['ssh_args']}")
        connection.set_option("ssh_extra_args", f"{usual['ssh_extra_args']} {_LIVELINESS}")
        try:
            _code, stdout, stderr = connection.exec_command("echo %OS%", sudoable=False)
        finally:
            for name, value in usual.items():
                connection.set_option(name, value)
        if b"Windows_NT" not in stdout:
            raise ConnectionLostError(
                f"{self.name} answers by ssh, but not with cmd.exe.",
                code="not_windows",
                remedy="Check ansible_host, and leave cmd.exe the default shell of the server's OpenSSH.",
                evidence={"host": self.name, "cause": (stdout + stderr)[-300:].decode("utf-8", "replace")},
            )

    def _client(self, folder: str, *arguments: str) -> list[str]:
        """Return the command line of a client that uses the connection, and never makes another one."""
        program = str(self._connection.get_option("ssh_executable"))
        options = [f"ControlPath={_socket(folder)}", "ControlMaster=no", "BatchMode=yes", "ProxyCommand=exit 1", "LogLevel=ERROR"]
        return [program, "-F", os.devnull, "-T", *(word for option in options for word in ("-o", option)), *arguments, "server"]

    def _drop_session(self) -> None:
        self._drop_shell()  # there is no command without its connection

    def _drop_shell(self) -> None:
        self.log(4, f"{self.name}: new connection")
        self.close()

    def _abandon(self) -> None:
        """Let the connection go on as long as the client that uses it; it ends by itself afterwards."""
        folder, self._folder = self._folder, None
        shutil.rmtree(folder or "", ignore_errors=True)

    # One try

    def _wrapped(self, line: str, token: str) -> str:
        # A cmd.exe of its own for the line: "exit" must not keep the exit code from being printed.
        return f'chcp 65001>nul&cmd /s /c ^"{_quoting.carets(self._settings + line)}^"&call echo [{token}.%^errorlevel%]'

    def _try(self, command: Command) -> RawResult:
        token = _new_token()
        line = self._wrapped(command.line, token)
        if len(line) > _LONGEST_LINE:
            raise OptionError(
                f"Over ssh the command line has {len(line)} characters; cmd.exe takes {_LONGEST_LINE}.",
                code="command_too_long",
                remedy="Use shorter paths or fewer arguments.",
            )
        folder = self._open()
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            client = subprocess.Popen(
                [*self._client(folder), line],
                stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self.requests += 1
            command.begin()
            output = _Output(command, token, stdout, stderr)
            try:
                ended = self._wait(command, client, output)
            except BaseException:
                self._stop(command, client, token)
                raise
            if not ended:
                raise self._time_over(command, left_running=not self._stop(command, client, token))
            output.look()
            if output.exit_code is not None:
                output.finish()
                return command.result(output.exit_code)
            raise self._lost(command, client.returncode, output)

    def _wait(self, command: Command, client: subprocess.Popen[bytes], output: _Output) -> bool:
        """Wait for the client's end; false when the time is over before."""
        rest, left = FIRST_REST, memoryview(command.stdin or b"")
        if client.stdin is not None:
            os.set_blocking(client.stdin.fileno(), False)
        while client.poll() is None:
            self._check_parent()
            output.look()
            if command.left() <= 0:
                return False
            if client.stdin is None or client.stdin.closed:
                time.sleep(rest)
                rest = min(rest * 2, LONGEST_REST)
                continue
            try:
                if left and select.select([], [client.stdin], [], LONGEST_REST)[1]:
                    left = left[os.write(client.stdin.fileno(), left[:_SENT_AT_ONCE]) :]
            except OSError:  # the command has ended without reading its input; its result tells
                left = left[len(left) :]
            if not left:
                client.stdin.close()
        return True

    def _stop(self, command: Command, client: subprocess.Popen[bytes], token: str) -> bool:
        """Let a command go on, or end it; return whether it has ended."""
        if command.on_time_limit == "leave":
            self._abandon()
            return False
        ended = False
        with contextlib.suppress(Exception):
            folder = self._folder or ""
            _run([*self._client(folder), _ending(token)])
            ended = client.wait(_CLEANING_UP) != _CLIENT_FAILED
        if client.poll() is None:
            client.kill()
            client.wait()
        return ended

    def _lost(self, command: Command, code: int, output: _Output) -> Exception:
        """Return what to raise for a command whose exit code did not arrive."""
        told = output.errors()
        failure = ConnectionLostError(
            f"The ssh connection to {self.name} ended before the command did: {told.rpartition(chr(10))[2] or f'exit code {code}'}.",
            code="unreachable",
            remedy="Check that the server is running, and the network.",
            evidence={"host": self.name, "cause": told},
        )
        never_reached = code == _CLIENT_FAILED and output.is_empty and "UNKNOWN port" in told
        if never_reached or command.idempotent:
            return TryAgain(failure, new_shell=True)
        return self._answer_lost(failure)


class _Output:
    """What a client has written so far.

    :ivar exit_code: that the command printed at its end, None before.
    """

    def __init__(self, command: Command, token: str, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.exit_code: int | None = None
        self._command = command
        self._mark = f"[{token}.".encode()
        self._whole_mark = re.compile(re.escape(self._mark) + rb"(-?[0-9]{1,12})\]\r*\n?")
        self._files = (stdout, stderr)
        self._taken = [0, 0]
        self._kept = b""

    @property
    def is_empty(self) -> bool:
        """Whether the command has written nothing."""
        return self._taken[0] == 0

    def look(self) -> None:
        """Hand on what is new, but nothing that may be the beginning of the mark."""
        stdout = self._kept + self._read(0)
        found = self._whole_mark.search(stdout)
        if found and self.exit_code is None:
            self.exit_code = int(found.group(1))
            stdout = stdout[: found.start()] + stdout[found.end() :]
        length = len(stdout) if self.exit_code is not None else _before(self._mark, stdout)
        self._kept = stdout[length:]
        self._command.take(stdout[:length], self._read(1))

    def finish(self) -> None:
        """Hand on the rest."""
        self._command.take(self._kept, b"")
        self._kept = b""

    def errors(self) -> str:
        """Return the end of the error output, which has the client's own messages."""
        size = os.fstat(self._files[1].fileno()).st_size
        return os.pread(self._files[1].fileno(), 1000, max(0, size - 1000)).decode("utf-8", "replace").strip()

    def _read(self, index: int) -> bytes:
        pieces = []
        while data := os.pread(self._files[index].fileno(), 1 << 20, self._taken[index]):
            self._taken[index] += len(data)
            pieces.append(data)
        return b"".join(pieces)


def _before(mark: bytes, data: bytes) -> int:
    """Return how many bytes come before the mark, or before what may become it."""
    found = data.find(mark)
    if found >= 0:
        return found
    for length in range(min(len(mark) - 1, len(data)), 0, -1):
        if data.endswith(mark[:length]):
            return len(data) - length
    return len(data)


def _ending(token: str) -> str:
    """Return the line that ends the cmd.exe whose line has the token, and what it has started."""
    # In brackets one character still is itself for WQL, so that the line does not find itself.
    pattern = f"{token[:4]}[{token[4]}]{token[5:]}"
    query = f"wmic process where \"commandline like '%{pattern}%'\" get processid /value^<nul"
    return f'for /f "usebackq tokens=2 delims==" %p in (`{query}`) do @taskkill /f /t /pid %p'


def _run(command: list[str]) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_CLEANING_UP, check=False)


def _new_token() -> str:
    return secrets.token_hex(8)


def _socket(folder: str) -> str:
    return str(Path(folder) / "s")
