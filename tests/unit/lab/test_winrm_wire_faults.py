# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered faults and settings of the lab's WinRM endpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.lab.winrm.settings import Settings, parse_settings
from tests.lab.winrm.watched_file import WatchedFile
from tests.lab.winrm.wire_faults import WireFault, WireFaultParser, WireFaults


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def kinds(entries: list[dict[str, Any]], messages: list[tuple[str, str]]) -> list[str | None]:
    faults = WireFaultParser()(entries)
    struck = [faults.next(action, line) for action, line in messages]
    return [fault.kind if fault else None for fault in struck]


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    assert kinds([{"kind": "drop_before"}], [("Command", "")] * 2) == ["drop_before", None]
    assert kinds([{"kind": "http", "count": 2}], [("Command", "")] * 3) == ["http", "http", None]
    assert kinds([{"kind": "http", "count": 0}], [("Command", "")] * 3) == ["http"] * 3


def test_skip_and_action_count_only_what_matches() -> None:
    entries = [{"kind": "drop_after", "action": "Receive", "skip": 1}]
    messages = [("Receive", ""), ("Send", ""), ("Receive", ""), ("Receive", "")]
    assert kinds(entries, messages) == [None, None, "drop_after", None]


def test_a_fault_can_be_about_one_command() -> None:
    entries = [{"kind": "drop_before", "action": "Receive", "command": "setup.exe"}]
    messages = [("Receive", "sc query"), ("Command", "SETUP.EXE /s"), ("Receive", "SETUP.EXE /s")]
    assert kinds(entries, messages) == [None, None, "drop_before"]


def test_a_fault_can_be_about_commands_of_one_pattern() -> None:
    entries = [{"kind": "drop_after", "pattern": r"schtasks /run .*-install\b"}]
    lines = [r"schtasks /create /tn x-install", r"schtasks /run /tn x-backup", r"SCHTASKS /run /tn x-install <nul"]
    assert kinds(entries, [("Command", line) for line in lines]) == [None, None, "drop_after"]


def test_the_next_fault_follows_when_one_is_used_up() -> None:
    entries: list[dict[str, Any]] = [{"kind": "http"}, {"kind": "wsman", "code": 995}]
    assert kinds(entries, [("Send", "")] * 3) == ["http", "wsman", None]


def test_a_fault_for_some_seconds() -> None:
    clock = Clock()
    faults = WireFaults([WireFault("http", status=503, for_seconds=5)], clock)
    assert faults.next("Send", "")
    clock.now += 4.9
    assert faults.next("Send", "")
    clock.now += 0.2
    assert faults.next("Send", "") is None


def test_an_auth_fault_refuses_logon_from_then_on() -> None:
    clock = Clock()
    faults = WireFaults([WireFault("auth", action="Receive", for_seconds=5)], clock)
    assert faults.next("Send", "") is None
    assert not faults.refuses_logon
    assert faults.next("Receive", "")
    assert faults.refuses_logon
    clock.now += 6
    assert not faults.refuses_logon


def test_a_fault_with_an_id_keeps_its_counts_when_others_are_added() -> None:
    parse = WireFaultParser()
    named, unnamed = {"kind": "http", "id": "a"}, {"kind": "delay"}
    faults = parse([named, unnamed])
    assert faults.next("Send", "")
    assert faults.next("Send", "")
    faults = parse([named, unnamed, {"kind": "drop_before", "id": "b"}])
    struck = [fault.kind for fault in (faults.next("Send", "") for _ in range(3)) if fault]
    assert struck == ["delay", "drop_before"]


@pytest.mark.parametrize(
    ("decoded", "message"),
    [
        ({}, "not a JSON list"),
        (["drop"], "not a JSON list"),
        ([{"action": "Send"}], "no kind"),
        ([{"kind": "explode"}], "explode"),
        ([{"kind": "http", "stauts": 503}], "stauts"),
        ([{"kind": "wsman"}], "needs a code"),
        ([{"kind": "http", "pattern": "("}], "pattern"),
    ],
)
def test_wrong_faults_are_refused(decoded: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WireFaultParser()(decoded)


def test_settings_have_defaults_and_refuse_what_they_do_not_know() -> None:
    assert parse_settings({}) == Settings(wrap="quoted", skip_shell="honor")
    assert parse_settings({"wrap": "bare", "clock_offset": -3}).clock_offset == -3
    for decoded, message in [
        ({"warp": "bare"}, "warp"),
        ({"wrap": "no"}, "no"),
        ({"skip_shell": 1}, "1"),
        ([], "object"),
    ]:
        with pytest.raises(ValueError, match=message):
            parse_settings(decoded)


def test_a_watched_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "endpoint.json"
    watched = WatchedFile(path, parse_settings, {})
    assert watched.read() == Settings()
    path.write_text('{"wrap": "bare"}')
    first = watched.read()
    assert first.wrap == "bare"
    assert watched.read() is first
    os.utime(path, ns=(1, 1))
    assert watched.read() is not first
    path.write_text('{"wrap": ')
    with pytest.raises(ValueError, match=r"endpoint\.json"):
        watched.read()
    path.unlink()
    assert watched.read() == Settings()
