# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os

import pytest

from tests.lab.control.entrances import entrance
from tests.lab.control.processors import processor_of


@pytest.mark.parametrize(("mine", "expected"), [({0, 1}, [1, 0, 1, 0]), ({5}, [5, 5, 5, 5]), ({2, 4, 9}, [4, 9, 2, 4])])
def test_neighbours_get_different_processors(monkeypatch: pytest.MonkeyPatch, mine: set[int], expected: list[int]) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: mine)
    assert [processor_of(system) for system in (1, 2, 3, 4)] == expected


def test_a_container_is_entered_with_its_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    way = entrance(os.getpid())
    assert way is not None
    words, variables = way
    assert words[0] == "/bin/nsenter"
    assert {f"--pid=/proc/{os.getpid()}/ns/pid", f"--root=/proc/{os.getpid()}/root"} < set(words)
    assert words[-1] == "--"
    assert variables.keys() >= {"PATH"}


@pytest.mark.parametrize("why", ["no program", "no root", "ended"])
def test_where_it_can_not_be_entered_the_engine_does_it(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if why == "no program" else f"/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000 if why == "no root" else 0)
    assert entrance(2**22 + 1 if why == "ended" else os.getpid()) is None
