# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done when the connection to a server breaks, whatever the connection is.

- A command that certainly did not start is started again, and an idempotent one whenever its outcome is unknown.
- Of any other whose outcome is unknown, the failure C(answer_lost) says so.

All of that is bounded by L(TryingRunner.pauses) and the command's time limit. Where L(Runner.reconnection_time) is set, a server that does
not answer is waited for that long, also at the first contact; the time limit counts only while the command runs.

Note that this module is private to the collection.
"""

from __future__ import annotations

import abc
import os
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.plugins.plugin_utils._patience import Patience
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import Command, OnTimeLimit, RawResult, Runner

# Seconds between two looks at a command that goes on.
FIRST_REST, LONGEST_REST = 0.01, 0.2


class TryingRunner(Runner):
    """Runs commands, and tries again where that does no harm.

    :ivar pauses: seconds to wait before each new try after an outage; their number bounds the tries.
    """

    def __init__(self, connection: Any, code_page_fallback: str) -> None:
        super().__init__(_host_name(connection), code_page_fallback)
        self.pauses: tuple[float, ...] = (1, 2, 4, 8, 15)
        self._connection = connection
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
        patience = self._patience()
        while True:
            command.reset()
            try:
                return self._try(command)
            except TryAgain as again:
                pause = patience.pause(again.failure)
                if pause is None or command.left() <= 0:
                    raise again.failure from again.__cause__
                self.log(4, f"{again.failure.message} Trying again in {pause:g} s.")
                if again.new_shell:
                    self._drop_shell()
                else:
                    self._drop_session()
                self._sleep(pause)

    @abc.abstractmethod
    def _try(self, command: Command) -> RawResult:
        """Run the command once.

        :raises TryAgain: when it failed in a way that allows another try.
        """

    @abc.abstractmethod
    def _connect(self) -> str:
        """Connect where needed, and return the name of what the next command runs in; any exception tells why not."""

    @abc.abstractmethod
    def _drop_session(self) -> None:
        """Let the next message go over a new connection to the same shell."""

    @abc.abstractmethod
    def _drop_shell(self) -> None:
        """Let the next command run in a new shell, and end what may still run in the old one."""

    def _open(self) -> str:
        """Return the shell to use, connecting first where needed."""
        self._check_parent()
        try:
            shell = self._connect()
        except Exception as exc:
            failure = self._describe(exc)
            if (self._connected_before or self.reconnection_time) and failure.code in errors.TRANSIENT:
                raise TryAgain(failure, new_shell=True) from exc
            raise failure from exc
        self._connected_before = True
        return shell

    def _patience(self) -> Patience:
        return Patience(self.pauses, self.reconnection_time)

    def _time_over(self, command: Command, *, left_running: bool) -> TimeLimitError:
        return TimeLimitError(
            f"The command on {self.name} was still running after {command.time_limit:g} s.",
            code="time_limit",
            evidence={"host": self.name, "left_running": left_running},
        )

    def _describe(self, exc: BaseException) -> ConnectionLostError:
        if isinstance(exc, ConnectionLostError):
            return exc
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


class TryAgain(Exception):
    """A try failed in a way that allows another one.

    :ivar new_shell: whether the next try needs a new shell, not only a new connection to the same.
    """

    def __init__(self, failure: ConnectionLostError, *, new_shell: bool) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.new_shell = new_shell


def _host_name(connection: Any) -> str:
    for option in ("remote_addr", "host"):  # as psrp and winrm, and as ssh calls it
        try:
            return str(connection.get_option(option))
        except (AttributeError, KeyError):
            continue
    return "the server"
