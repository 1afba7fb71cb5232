# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs that a fault struck."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from tests.faults.cases import selected
from tests.faults.injections import injection
from tests.faults.scene import Scene

TAKEN = datetime(2026, 11, 28, 9, 34, 29, tzinfo=UTC)


def entry(command: str | None, time: datetime = TAKEN) -> dict[str, Any]:
    return {"time": time.isoformat(), "command": command}


def test_two_runs_at_once_collide_when_one_takes_the_lock() -> None:
    log = [entry(None), entry(r"if exist C:\ProgramData\jp1_itdm_upgrade\lock dir"), entry(r"mkdir C:\ProgramData\jp1_itdm_upgrade\locks")]
    lab = SimpleNamespace(wire_log=lambda host: log if host == "JP1DB01" else [])
    (case,) = selected("second_run.at_once")
    scene = Scene(cast(Any, SimpleNamespace(lab=lab, manager="JP1MGR01", database="JP1DB01")), case.site)
    struck = injection(case).struck
    assert struck(scene) is None
    log.append(entry(r"((if not exist X ((mkdir C:\ProgramData\jp1_itdm_upgrade\lock 2>nul||exit 17)&move Y X>nul)))<nul"))
    log.append(entry(r"mkdir C:\ProgramData\jp1_itdm_upgrade\lock 2>nul", TAKEN.replace(second=30)))
    assert struck(scene) == TAKEN
