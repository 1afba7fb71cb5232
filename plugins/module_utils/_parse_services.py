# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what C(sc queryex) and C(sc qc) print.

Labels and words are translated on a Japanese Windows, so fields are told apart by their order and read as numbers.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

STATES = {
    1: "stopped",
    2: "start_pending",
    3: "stop_pending",
    4: "running",
    5: "continue_pending",
    6: "pause_pending",
    7: "paused",
}
START_TYPES = {0: "boot", 1: "system", 2: "auto", 3: "manual", 4: "disabled"}

_DRIVER_TYPES = (["1"], ["2"], ["4"], ["8"])

# An indented label, a colon, a value. A line with the accepted controls has no colon.
_FIELD = re.compile(r"^[ \t]+\S.*?[ \t]*:[ \t]?(.*)$")


@dataclass(frozen=True)
class Service:
    """A Windows service.

    :ivar state: one of the values of L(STATES), or C(unknown).
    :ivar start_type: one of the values of L(START_TYPES), or C(unknown).
    :ivar pid: process id, 0 when there is none.
    :ivar exit_code: Win32 exit code; 1066 says that I(service_exit_code) tells the reason.
    :ivar service_exit_code: the service's own exit code.
    """

    name: str
    display_name: str
    state: str
    start_type: str
    pid: int
    exit_code: int
    service_exit_code: int


def parse_service(name: str, status: str, config: str) -> Service | None:
    """Return a service, or None when there is none of that name.

    :param name: the service's name.
    :param status: output of C(sc queryex NAME) or C(sc query NAME).
    :param config: output of C(sc qc NAME).
    """
    # TYPE, STATE, WIN32_EXIT_CODE, SERVICE_EXIT_CODE, CHECKPOINT, WAIT_HINT, PID, FLAGS
    fields = _fields(status)
    if len(fields) < 4 or _number(fields[1]) is None or fields[0].split()[:1] in _DRIVER_TYPES:
        return None
    # TYPE, START_TYPE, ERROR_CONTROL, BINARY_PATH_NAME, LOAD_ORDER_GROUP, TAG, DISPLAY_NAME, DEPENDENCIES, ...
    settings = _fields(config)
    return Service(
        name=name,
        display_name=settings[6].strip() if len(settings) > 6 else "",
        state=STATES.get(_number(fields[1]) or 0, "unknown"),
        start_type=START_TYPES.get(_nth_number(settings, 1, -1), "unknown"),
        pid=_nth_number(fields, 6, 0),
        exit_code=_nth_number(fields, 2, 0),
        service_exit_code=_nth_number(fields, 3, 0),
    )


def parse_services(text: str, patterns: Iterable[str]) -> list[Service]:
    """Return the services whose names match a pattern, in the order of the text and each one once.

    :param text: for each service C(#NAME), what C(sc queryex) printed, C(#), what C(sc qc) printed.
    :param patterns: names with C(*) and C(?).
    """
    wanted = re.compile("|".join(map(_as_regex, patterns)) or r"(?!)", re.IGNORECASE)
    found: dict[str, Service] = {}
    for block in re.split(r"^#(?=[^\n])", text, flags=re.MULTILINE)[1:]:
        name, _mark, rest = block.partition("\n")
        status, _mark, config = rest.partition("\n#\n")
        service = parse_service(name.strip(), status, config)
        if service and wanted.fullmatch(service.name):
            found.setdefault(service.name.lower(), service)
    return list(found.values())


def _as_regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def _fields(text: str) -> list[str]:
    return [found.group(1) for line in text.split("\n") if (found := _FIELD.match(line))]


def _nth_number(fields: list[str], index: int, missing: int) -> int:
    number = _number(fields[index]) if index < len(fields) else None
    return missing if number is None else number


def _number(text: str) -> int | None:
    found = re.match(r"\s*(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})", text)
    return int(found.group(1), 0 if found.group(1).startswith("0x") else 10) if found else None
