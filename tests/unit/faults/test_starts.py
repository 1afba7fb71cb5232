# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which starts should not have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.faults.starts import started_twice
from tests.lab.control.programs import Event

BEGIN = datetime(2026, 11, 23, 16, 0, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def start(second: float, name: str, version: str = "10-10", text: str = "", process: int = 0) -> Event:
    return Event(at(second), process or int(second), "start", name, version, text or f"{name}.exe /s")


def end(second: float, process: int, code: str = "0") -> Event:
    return Event(at(second), process, "end", "any", "", code)


def test_what_failed_may_be_started_again() -> None:
    assert started_twice([start(1, "SETUP"), end(2, 1, "3"), start(3, "SETUP"), end(4, 3)]) == []
    assert started_twice([start(1, "SETUP"), Event(at(2), 1, "ended", "program:installer"), start(3, "SETUP")]) == []


def test_a_start_after_success_is_one_too_many() -> None:
    (problem,) = started_twice([start(1, "jdmsetup"), end(2, 1), start(3, "jdmsetup"), end(4, 3)])
    assert "setup 10-10 was started at 16:00:03 although it had done its work at 16:00:02" in problem


def test_a_start_beside_another_one_is_one_too_many() -> None:
    (problem,) = started_twice([start(1, "SETUP"), start(3, "jdmsetup")])
    assert "while installer of 16:00:01 was at work" in problem


def test_another_version_undoes_an_installation() -> None:
    events = [
        start(1, "SETUP"),
        end(2, 1),
        start(3, "SETUP", "10-00"),
        end(4, 3),
        start(5, "SETUP"),
        end(6, 5),
        start(7, "SETUP", text="SETUP.EXE /u /s"),
        end(8, 7),
        start(9, "SETUP", "10-00"),
    ]
    assert started_twice(events) == []


def test_each_backup_folder_has_a_backup_of_its_own() -> None:
    first, again = start(1, "exportdb", text="exportdb /f A"), start(3, "exportdb", text="exportdb /f B")
    assert started_twice([first, end(2, 1), again, end(4, 3)]) == []
    assert len(started_twice([first, end(2, 1), again, end(4, 3), start(5, "exportdb", text="exportdb /f A")])) == 1


def test_what_the_test_itself_has_ended_does_not_run_any_more() -> None:
    events = [start(1, "SETUP"), start(5, "SETUP")]
    for what in ("server", "power", "program"):
        assert started_twice(events, [(at(3), what)]) == []


def test_a_power_loss_takes_the_last_half_minute_of_the_registry_with_it() -> None:
    events = [start(1, "SETUP"), end(2, 1), start(100, "SETUP")]
    assert started_twice(events, [(at(20), "power")]) == []
    assert len(started_twice(events, [(at(20), "server")])) == 1
    assert len(started_twice(events, [(at(90), "power")])) == 1
