# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what programs print about a Windows system: numbers, keys and identifiers, never words.

Note that this module is private to the collection.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

#: Integrity levels of an elevated process: high and system.
ELEVATED_SIDS = frozenset({"S-1-16-12288", "S-1-16-16384"})


@dataclass(frozen=True)
class OsTimes:
    """Times of a server, in UTC."""

    boot_time: datetime
    clock: datetime


@dataclass(frozen=True)
class OsVersion:
    """The version of Windows.

    :ivar name: such as C(Windows Server 2008 R2 Standard); may be empty.
    :ivar version: such as C(6.1.7601); may be empty.
    """

    name: str
    version: str


@dataclass(frozen=True)
class Process:
    """A running process, by the name of its program file."""

    name: str
    pid: int


def parse_os_times(text: str) -> OsTimes | None:
    """Return the times from C(wmic os get LastBootUpTime,LocalDateTime /value), or None."""
    boot_time = _cim_time(text, "LastBootUpTime")
    clock = _cim_time(text, "LocalDateTime")
    return OsTimes(boot_time, clock) if boot_time and clock else None


def parse_version(text: str) -> str:
    """Return the version number in the output of C(ver), or an empty text."""
    found = re.search(r"[0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)*", text)
    return found.group() if found else ""


def parse_listening_ports(text: str) -> set[int]:
    """Return the local ports of the TCP sockets in C(netstat -ano) whose foreign port is 0: they listen."""
    ports = set()
    for line in text.split("\n"):
        found = re.match(r"\s*TCP\s+\S+:([0-9]{1,5})\s+\S+:0\s", f"{line} ", re.ASCII)
        if found:
            ports.add(int(found.group(1)))
    return ports


def parse_processes(text: str) -> list[Process]:
    """Return the processes from C(tasklist /fo csv /nh)."""
    return [Process(row[0], int(row[1])) for row in _rows(text) if len(row) >= 2 and re.fullmatch(r"[0-9]{1,10}", row[1])]


def parse_tasks(text: str, folder: str) -> dict[str, list[str]]:
    """Return the tasks in a folder of the Task Scheduler from C(schtasks /query /fo csv /nh /v), by their names, each with its fields.

    :param folder: without a backslash at its begin or end.
    """
    begin = f"\\{folder}\\".lower()
    return {field[len(begin) :]: row for row in _rows(text) for field in row if field.lower().startswith(begin)}


def parse_sids(text: str) -> set[str]:
    """Return all security identifiers in a text, such as the output of C(whoami /groups)."""
    return set(re.findall(r"\bS-1(?:-[0-9]+)+", text))


def parse_environment(text: str) -> dict[str, str]:
    """Return the variables from C(set), by their names in upper case."""
    pairs = (line.partition("=") for line in text.split("\n"))
    return {name.upper(): value for name, equals, value in pairs if name and equals}


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.split("\n"):
        with suppress(csv.Error):
            yield next(csv.reader([line], strict=True), [])


def _cim_time(text: str, name: str) -> datetime | None:
    pattern = rf"{name}\s*=\s*([0-9]{{14}})(?:\.([0-9]{{1,6}}))?([+-][0-9]{{1,3}})"
    found = re.search(pattern, text, re.IGNORECASE | re.ASCII)
    if not found:
        return None
    try:
        local = datetime.strptime(found.group(1), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
        fraction = timedelta(microseconds=int((found.group(2) or "0").ljust(6, "0")))
        return local + fraction - timedelta(minutes=int(found.group(3)))
    except (ValueError, OverflowError):
        return None
