# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the wire that a test orders: /lab/wire-faults.json, a JSON list of objects, read again when it changes.

An empty list or no file means no fault. For each message (an authenticated request with an envelope) the first fault of the
list that applies is carried out. What was counted is forgotten when the file changes, except for entries with an id. Keys:

    kind         required:
                 "drop_before"  close the connection without doing anything
                 "drop_after"   do what the message asks, then close the connection: the answer is lost
                 "delay"        wait `seconds`, then do what the message asks
                 "http"         answer with HTTP status `status` and no body, and do nothing
                 "wsman"        answer with a fault of code `code` (and `wmi_code`), and do nothing
                 "shell_gone"   close the message's shell, kill its processes, then go on: the answer is the fault
                                that an unknown shell gets
                 "auth"         answer 401, and refuse every log-on from now on as if the password had changed
    action       only messages of this action: Create, Command, Send, Receive, Signal or Delete; absent = all
    command      only messages about a command whose line contains this text (upper and lower case count the same)
    pattern      only messages about a command in whose line this regular expression is found (likewise)
    skip         matching messages that pass before the fault begins; default 0
    count        matching messages that get the fault; default 1, and without limit when for_seconds is given; 0 = without limit
    for_seconds  the fault ends this many seconds after the first message that got it
    seconds      of a delay
    status       of http, default 503
    code         of wsman, for example 2150858843; wmi_code, default none; reason, a text
    id           any text that no other entry ever had: lets entries be added without starting this one anew
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from .faults import WsmanFault

KINDS = ("drop_before", "drop_after", "delay", "http", "wsman", "shell_gone", "auth")


@dataclass(frozen=True)
class WireFault:
    """One entry of the file; see the module's text."""

    kind: str
    action: str | None = None
    command: str | None = None
    pattern: str | None = None
    skip: int = 0
    count: int | None = None
    for_seconds: float | None = None
    seconds: float = 0.0
    status: int = 503
    code: int = 0
    wmi_code: int | None = None
    reason: str = "A fault ordered by a test."
    id: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.kind == "wsman" and not self.code:
            raise ValueError("a wsman fault needs a code")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"pattern {self.pattern!r}: {error}") from error

    @property
    def limit(self) -> int:
        """Messages that get the fault; 0 is without limit."""
        if self.count is not None:
            return self.count
        return 1 if self.for_seconds is None else 0

    def matches(self, action: str, line: str) -> bool:
        """Whether a message of that action about a command of that line is meant."""
        if self.action is not None and self.action != action:
            return False
        if self.command is not None and self.command.lower() not in line.lower():
            return False
        return self.pattern is None or bool(re.search(self.pattern, line, re.IGNORECASE))

    def as_wsman_fault(self) -> WsmanFault:
        """The fault that a wsman entry answers with."""
        return WsmanFault(self.code, "w:InternalError", self.reason, self.wmi_code)


class _Counter:
    """How far a fault has got."""

    def __init__(self, fault: WireFault) -> None:
        self.fault = fault
        self.seen = 0
        self.applied = 0
        self.began: float | None = None


class WireFaults:
    """The file's faults with their counters.

    Args:
        faults: in the file's order.
        clock: seconds that only grow.
        before: the faults of the file's last version; those with an id keep their counters.
    """

    def __init__(
        self,
        faults: list[WireFault],
        clock: Callable[[], float] = time.monotonic,
        before: WireFaults | None = None,
    ) -> None:
        kept = {counter.fault: counter for counter in before._counters if counter.fault.id} if before else {}
        self._counters: list[_Counter] = [kept.get(fault) or _Counter(fault) for fault in faults]
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def refuses_logon(self) -> bool:
        """Whether an "auth" fault has struck; it lasts for its for_seconds."""
        with self._lock:
            return any(
                counter.fault.kind == "auth" and counter.began is not None and not self._is_over(counter) for counter in self._counters
            )

    def next(self, action: str, line: str) -> WireFault | None:
        """Count a message and return the fault it gets, or None.

        Args:
            action: for example "Receive".
            line: line of the command that the message is about; "" for none.
        """
        with self._lock:
            for counter in self._counters:
                if counter.fault.matches(action, line) and self._strikes(counter):
                    return counter.fault
        return None

    def _strikes(self, counter: _Counter) -> bool:
        fault = counter.fault
        if self._is_over(counter) or (fault.limit and counter.applied >= fault.limit):
            return False
        counter.seen += 1
        if counter.seen <= fault.skip:
            return False
        counter.applied += 1
        if counter.began is None:
            counter.began = self._clock()
        return True

    def _is_over(self, counter: _Counter) -> bool:
        limit = counter.fault.for_seconds
        return limit is not None and counter.began is not None and self._clock() - counter.began >= limit


class WireFaultParser:
    """Makes faults of the decoded file, version after version."""

    def __init__(self) -> None:
        self._last: WireFaults | None = None

    def __call__(self, decoded: Any) -> WireFaults:
        """Parse a version of the file.

        Raises:
            ValueError: it is not a list of objects, or a key or value is wrong.
        """
        if not isinstance(decoded, list) or not all(isinstance(entry, dict) for entry in decoded):
            raise ValueError("not a JSON list of objects")
        known = {field.name for field in fields(WireFault)}
        for entry in decoded:
            unknown = sorted(set(entry) - known)
            if unknown or "kind" not in entry:
                raise ValueError(f"unknown key {', '.join(unknown)}" if unknown else "an entry has no kind")
        self._last = WireFaults([WireFault(**entry) for entry in decoded], before=self._last)
        return self._last
