# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's way into a container: which process it enters by."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.control.engine import Engine
from tests.lab.control.entrances import started


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, list[int]]:
    """An engine whose container's first process is this test's, and a list that grows when it is asked for it."""
    asked: list[int] = []

    def inspect(*_arguments: str) -> str:
        asked.append(os.getpid())
        return f"{os.getpid()}\n"

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    engine = Engine(tmp_path / "containers.conf")
    monkeypatch.setattr(engine, "run", inspect)
    return engine, asked


def test_the_first_process_is_asked_for_once(asked: tuple[Engine, list[int]]) -> None:
    engine, times = asked
    assert [engine._first_process("JP1DB01") for _ in range(3)] == [os.getpid()] * 3
    assert len(times) == 1


def test_a_process_that_has_ended_is_not_entered(asked: tuple[Engine, list[int]]) -> None:
    engine, times = asked
    with subprocess.Popen(["true"]) as ended:
        engine._first_processes["JP1DB01"] = ended.pid, started(ended.pid)
    assert engine._first_process("JP1DB01") == os.getpid()
    assert len(times) == 1


def test_another_process_with_the_id_of_the_old_one_is_not_entered(asked: tuple[Engine, list[int]]) -> None:
    engine, times = asked
    engine._first_processes["JP1DB01"] = os.getppid(), "1"
    assert engine._first_process("JP1DB01") == os.getpid()
    assert len(times) == 1


def test_a_process_is_named_by_its_start() -> None:
    first = started(os.getpid())
    assert first.isdigit()
    assert started(os.getpid()) == first
    with subprocess.Popen(["sleep", "60"]) as later:
        assert int(started(later.pid)) >= int(first)
        later.kill()
    assert started(later.pid) == ""
