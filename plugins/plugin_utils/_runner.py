# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every way of running commands on a server has in common.

Note that this module is private to the collection.
"""

from __future__ import annotations

import abc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ansible_collections.jp1.itdm.plugins.plugin_utils import _quoting
from ansible_collections.jp1.itdm.plugins.plugin_utils._decoding import check_code_page

OnTimeLimit = Literal["terminate", "leave"]


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
    :ivar requests: HTTP requests so far, or commands over ssh, without those of opening and closing the connection.
    :ivar code_page_fallback: code page of output that is not UTF-8.
    :ivar reconnection_time: seconds for which a server that does not answer is waited for; 0 for a few tries.
    :ivar log: receives a verbosity level (4 for connection operations) and a text.
    """

    def __init__(self, name: str, code_page_fallback: str) -> None:
        self.name = name
        self.requests = 0
        self.code_page_fallback = check_code_page(code_page_fallback)
        self.reconnection_time = 0.0
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
        :param time_limit: seconds that it may run, in all repetitions together.
        :param stdin: standard input, closed behind it; None when the line itself takes care of it.
        :param idempotent: whether the line may be run again when its outcome is unknown.
        :param on_time_limit: whether to end the command when its time is over, or to leave it running.
        :param on_data: receives standard output and error output as they arrive.
        :raises TimeLimitError: when the time is over.
        :raises ConnectionLostError: when the connection can not be made or broke for good.
        """

    def fits(self, line: str) -> bool:
        """Whether a line is short enough to be run."""
        return _quoting.fits(line)

    @abc.abstractmethod
    def close(self) -> None:
        """Give back what the runner opened itself; never fails."""


@dataclass
class Command:
    """What one call of L(Runner.run) wants, and how far it has come."""

    line: str
    time_limit: float
    stdin: bytes | None
    idempotent: bool
    on_time_limit: OnTimeLimit
    on_data: Callable[[bytes], None] | None

    def __post_init__(self) -> None:
        self._ran = 0.0
        self._began: float | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the output, for another try; the time that it ran counts on."""
        self._ran = self._elapsed()
        self._began = None
        self._stdout = bytearray()
        self._stderr = bytearray()
        self.complete = True

    def begin(self) -> None:
        """Let its time begin: the server has started it."""
        self._began = time.monotonic()

    def _elapsed(self) -> float:
        return self._ran + (0.0 if self._began is None else time.monotonic() - self._began)

    def left(self) -> float:
        """Return the seconds that are left of the time limit."""
        return self.time_limit - self._elapsed()

    def take(self, stdout: bytes, stderr: bytes) -> None:
        """Add output."""
        self._stdout += stdout
        self._stderr += stderr
        for data in (stdout, stderr):
            if data and self.on_data:
                self.on_data(data)

    def result(self, exit_code: int) -> RawResult:
        """Return the end."""
        return RawResult(exit_code, bytes(self._stdout), bytes(self._stderr), self._elapsed(), self.complete)
