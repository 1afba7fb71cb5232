# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are asked for many times a second."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.control.memory import Memory


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text("one\n")
    return path


class Made(list[str]):
    """What was read, each time."""

    def __call__(self, path: Path) -> str:
        self.append(path.read_text())
        return self[-1]


def test_what_has_not_changed_is_made_once(file: Path) -> None:
    memory, make = Memory(), Made()
    assert [memory.of(file, make) for _ in range(3)] == ["one\n"] * 3
    assert make == ["one\n"]


def test_what_was_appended_is_seen(file: Path) -> None:
    memory, make = Memory(), Made()
    memory.of(file, make)
    with file.open("a") as log:
        log.write("two\n")
    assert memory.of(file, make) == "one\ntwo\n"


def test_another_file_of_the_same_length_and_time_is_seen(file: Path) -> None:
    memory, make = Memory(), Made()
    memory.of(file, make)
    other = file.with_suffix(".new")
    other.write_text("two\n")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    assert memory.of(file, make) == "two\n"


def test_what_is_written_while_it_is_read_is_seen_the_next_time(file: Path) -> None:
    memory = Memory()

    def read_and_append(path: Path) -> str:
        text = path.read_text()
        with path.open("a") as log:
            log.write("more\n")
        return text

    assert memory.of(file, read_and_append) == "one\n"
    assert memory.of(file, read_and_append) == "one\nmore\n"


def test_a_missing_file_is_not_remembered(tmp_path: Path) -> None:
    memory, path = Memory(), tmp_path / "later"
    assert memory.of(path, lambda each: each.exists()) is False
    path.touch()
    assert memory.of(path, lambda each: each.exists()) is True
