# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command line in, bytes and an exit code out, through a WinRS shell.

Nothing but cmd.exe is started on the server: no PowerShell, no files.

What L(_tries) has for all connections means here:

- Before the server answered to the start of a command, an idempotent command is sent again. Any other is sent again
  only when it certainly did not start; otherwise the failure C(answer_lost) says that its outcome is unknown.
- While a command runs, its output is read on over a new connection; an idempotent command is run again, because some
  output may be lost.
- A shell that is gone or full (quota) is replaced by a new one under the same rules.

Note that this module is private to the collection.
"""

from __future__ import annotations

import abc
import time
from typing import Any

from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import Command, RawResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._tries import FIRST_REST, LONGEST_REST, TryAgain, TryingRunner

# Base64 of this much, with the message around it, stays below the 150 kB that WinRM 2.0 takes.
STDIN_CHUNK = 96 * 1024
UTF8_CODE_PAGE = 65001
# Seconds in which a server that answers again may tell of an end that came before the time limit.
LAST_WORD = 10.0


class Silence(Exception):
    """A command had no output for as long as the server was asked to wait for it."""


class WinrsRunner(TryingRunner):
    """Runs commands in a WinRS shell, by messages that the connection's own file sends."""

    # The messages

    @abc.abstractmethod
    def _send_command(self, shell: str, line: str) -> str:
        """Start a command in cmd.exe with a standard input that is a pipe, and return its id."""

    @abc.abstractmethod
    def _send_input(self, shell: str, command_id: str, data: bytes, *, end: bool) -> None:
        """Send standard input."""

    @abc.abstractmethod
    def _ask_for_output(self, shell: str, command_id: str, longest: float) -> tuple[bytes, bytes, int, bool]:
        """Return output, error output, exit code, and whether the command has ended.

        :param longest: seconds after which nobody waits for the answer.
        :raises Silence: when there was none for a while.
        """

    @abc.abstractmethod
    def _send_end(self, shell: str, command_id: str) -> None:
        """Free the command's place in the shell, ending it if it still runs."""

    @abc.abstractmethod
    def _count_requests(self) -> None:
        """Count the requests of the connection's present session."""

    @abc.abstractmethod
    def _abandon_shell(self) -> None:
        """Forget shell and connection without ending what runs in the shell."""

    def _count(self, response: Any, *args: Any, **kwargs: Any) -> None:
        self.requests += 1 + len(response.history)

    # One try

    def _try(self, command: Command) -> RawResult:
        shell = self._open()
        command_id = self._start(command, shell)
        command.begin()
        try:
            if command.stdin is not None:
                self._send(command, shell, command_id)
            result = self._receive(command, shell, command_id)
        except TryAgain:
            raise
        except BaseException:
            if command.on_time_limit == "leave":
                # Deleting the shell at the end of the task would end the command.
                self._abandon_shell()
            else:
                self._end(shell, command_id)
            raise
        self._end(shell, command_id)
        return result

    def _start(self, command: Command, shell: str) -> str:
        try:
            return self._send_command(shell, command.line)
        except Exception as exc:
            failure = self._describe(exc)
            if errors.fault_codes(exc) & errors.SHELL_FAULTS:
                raise TryAgain(failure, new_shell=True) from exc
            if errors.is_fault(exc):
                raise failure from exc
            if errors.was_not_processed(exc):
                raise TryAgain(failure, new_shell=False) from exc
            if command.idempotent:
                raise TryAgain(failure, new_shell=True) from exc
            raise self._answer_lost(failure) from exc

    def _send(self, command: Command, shell: str, command_id: str) -> None:
        stdin = command.stdin or b""
        for start in range(0, max(len(stdin), 1), STDIN_CHUNK):
            chunk, last = stdin[start : start + STDIN_CHUNK], start + STDIN_CHUNK >= len(stdin)
            try:
                self._send_input(shell, command_id, chunk, end=last)
            except Exception as exc:
                if errors.is_fault(exc):
                    return  # the command has ended without reading its input; its result tells
                if command.idempotent:
                    raise TryAgain(self._describe(exc), new_shell=True) from exc
                # Whether the input arrived is not known. Closing it lets the command end by itself in both cases.
                self.log(4, f"{self.name}: the answer to an input was lost; closing the input")
                self._drop_session()
                self._sleep(next(iter(self.pauses), 0))
                self._quietly(lambda: self._send_input(shell, command_id, b"", end=True))
                return

    def _receive(self, command: Command, shell: str, command_id: str) -> RawResult:
        patience = self._patience()
        rest = FIRST_REST
        outage, heard_until = False, 0.0
        while True:
            self._check_parent()
            # while the server does not answer nobody knows whether the command has ended in time; afterwards it has the last word
            if command.left() <= 0 and not outage and time.monotonic() >= heard_until:
                raise self._time_over(command, left_running=command.on_time_limit == "leave")
            try:
                stdout, stderr, exit_code, done = self._ask_for_output(shell, command_id, max(0.0, command.left()))
            except Silence:
                outage, heard_until = False, 0.0
                continue
            except Exception as exc:
                failure = self._describe(exc)
                if command.idempotent:
                    raise TryAgain(failure, new_shell=True) from exc
                pause = patience.pause(failure)
                if pause is None or errors.is_fault(exc):
                    raise self._answer_lost(failure) from exc
                self.log(4, f"{failure.message} Reading on in {pause:g} s.")
                command.complete = False
                outage = True
                self._drop_session()
                self._sleep(pause)
                continue
            if outage:
                outage, heard_until = False, time.monotonic() + LAST_WORD
            patience = self._patience()
            command.take(stdout, stderr)
            if done:
                return command.result(exit_code)
            # Output comes in small pieces; a moment's rest saves many requests.
            rest = min(rest * 2, LONGEST_REST)
            self._sleep(rest)

    def _end(self, shell: str, command_id: str) -> None:
        self._quietly(lambda: self._send_end(shell, command_id))
