# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the product double's programs."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.lab.control.programs import Event, parse_events

LOG = [
    "2026-11-23T16:05:36.964Z\t1208\tstart\texportdb\t10-00\texportdb.exe /f D:\\x",
    "2026-11-23T16:05:36.970Z\t1208\tfault\tprogram:exportdb",
    "2026-11-23T16:05:36.984Z\t1208\tend\texportdb\t10-00\t0",
]


def test_events_are_read() -> None:
    start, fault, end = parse_events(LOG)
    assert start == Event(datetime(2026, 11, 23, 16, 5, 36, 964000, UTC), 1208, "start", "exportdb", "10-00", r"exportdb.exe /f D:\x")
    assert (fault.kind, fault.name, fault.version) == ("fault", "program:exportdb", "")
    assert (end.kind, end.text) == ("end", "0")


def test_an_empty_log_has_no_events() -> None:
    assert parse_events([]) == []
