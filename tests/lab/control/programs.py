# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ran on a host: the C(programs.log) that the product double's programs write, independently of who started them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """One line of the log.

    :ivar time: in UTC.
    :ivar process: the Windows process id.
    :ivar kind: V(start), V(end), V(fault), or V(ended) for a fault that ends the program.
    :ivar name: the executable's name, or the section of C(faults.ini) that struck.
    :ivar version: of the product; empty for a fault.
    :ivar text: the command line of a start, the exit code of an end.
    """

    time: datetime
    process: int
    kind: str
    name: str
    version: str = ""
    text: str = ""


def parse_events(lines: list[str]) -> list[Event]:
    """The events of a log's lines."""
    rows = [line.split("\t") for line in lines]
    return [Event(datetime.fromisoformat(row[0]), int(row[1]), *row[2:6]) for row in rows if len(row) >= 4]
