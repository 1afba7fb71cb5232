# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.plugin_utils import _controller
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import controller_name, is_gone, this_process, write_private


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until its input is closed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def seen(pid: int) -> dict[str, Any]:
    """Return a process as its own tasks describe it."""
    return {**_controller._place(), "pid": pid, "started": _controller._started(pid)}


def test_a_task_names_the_process_that_started_it() -> None:
    assert this_process() == seen(os.getppid())
    assert is_gone(this_process()) is False
    assert controller_name()


def test_a_process_is_gone_when_it_has_ended(child: subprocess.Popen[bytes]) -> None:
    process = seen(child.pid)
    assert is_gone(process) is False
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{child.pid}/stat").exists()  # its parent has not asked for its end yet
    assert is_gone(process) is True
    child.wait()
    assert is_gone(process) is True


def test_a_later_process_of_the_same_number_is_another_one(child: subprocess.Popen[bytes]) -> None:
    assert is_gone({**seen(child.pid), "started": "1"}) is True


@pytest.mark.parametrize("key", ["boot", "namespace"])
def test_a_process_elsewhere_can_not_be_seen(child: subprocess.Popen[bytes], key: str) -> None:
    assert is_gone({**seen(child.pid), key: "another"}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"pid": None},
        {"pid": "5"},
        {"pid": 0},
        {"pid": -1},
        {"started": ""},
        {"started": None},
    ],
)
def test_what_does_not_name_a_process_says_nothing(wrong: dict[str, Any]) -> None:
    process = {**seen(os.getpid()), **wrong} if wrong else {}
    assert is_gone(process) is None


def test_a_number_that_no_process_can_have_is_none() -> None:
    assert is_gone({**seen(os.getpid()), "pid": 2**80}) is True


def test_a_process_that_is_hidden_may_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    process = seen(os.getpid())

    def hidden(path: Path, **options: Any) -> str:
        raise PermissionError if path.name == "stat" else OSError

    def not_yours(pid: int, signal: int) -> None:
        raise PermissionError

    place = _controller._place()
    monkeypatch.setattr(_controller, "_place", lambda: place)
    monkeypatch.setattr(Path, "read_text", hidden)
    assert is_gone(process) is None
    monkeypatch.setattr(os, "kill", not_yours)
    assert is_gone(process) is None


def test_a_system_that_does_not_tell_names_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    process = this_process()
    monkeypatch.setattr(_controller, "_BOOT", tmp_path / "none")
    assert this_process() == {}
    assert is_gone(process) is None


# Files


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "journal.json"
    for text in ("old", "ツール"):
        write_private(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_private(tmp_path / "journal.json", "text")
    assert list(tmp_path.iterdir()) == []
