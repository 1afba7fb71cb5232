# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs that are read while they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.control.lab import Lab
from tests.lab.control.logs import whole_lines
from tests.lab.control.names import make_hosts
from tests.lab.control.state import State, save

LINES = ['{"command": "dir"}', '{"command": "echo 資産管理"}']
LOG = "".join(line + "\n" for line in LINES).encode()


@pytest.mark.parametrize("length", range(len(LOG) + 1))
def test_a_line_that_is_being_written_is_left_out(length: int) -> None:
    assert whole_lines(LOG[:length]) == LINES[: LOG[:length].count(b"\n")]


def test_windows_line_ends() -> None:
    assert whole_lines(b"one\r\ntwo\r\nthr") == ["one", "two"]


def test_the_logs_of_a_host_are_read_so(tmp_path: Path) -> None:
    hosts = make_hosts("0", 1, "10.224.0.0/24", [21000, 21001, 21002, 21003])
    folder = tmp_path / ".lab" / "hosts" / "JP1DB01"
    folder.mkdir(parents=True)
    save(tmp_path / ".lab" / "state.json", State("10-00", "en", "jp1lab-0", "10.224.0.0/24", {}, hosts))
    lab = Lab(tmp_path)
    (folder / "wire.log").write_bytes(LOG[:-1])
    (folder / "programs.log").write_bytes(b"2026-11-23T16:05:36.964Z\t1208\tend\texportdb\t10-00\t0\n2026-11-23T16:05:37.379Z\t1296\ten")
    assert lab.wire_log("JP1DB01") == [{"command": "dir"}]
    assert [event.process for event in lab.programs("JP1DB01")] == [1208]
