# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.jp1.itdm.plugins.module_utils._status import status_lines
from ansible_collections.jp1.itdm.tests.unit.plugins.journals import HOLDER, RUN, RUN_ID, TOKEN
from ansible_collections.jp1.itdm.tests.unit.plugins.states import changed, system_state

PLACE = {"playbook_dir": "jp1/playbooks", "inventory_sources": ["my hosts.yml"]}
COMMAND = "ansible-playbook -i 'my hosts.yml' jp1/playbooks/{} --limit JP1MGR01"
FREE: dict[str, Any] = {"held": False, "holder": {}, "holder_gone": None}
FAILED = {"failed": True, "failure": {**ConnectionLostError("JP1DB01 is off.", remedy="Switch it on.").as_result(), "host": "JP1DB01"}}


def held(gone: bool | None) -> dict[str, Any]:
    return {"held": True, "holder": HOLDER, "holder_gone": gone}


def folded(notes: dict[str, Any], **steps: str) -> dict[str, Any]:
    entries = [form.new_entry(RUN_ID, 1, "2026-03-01T12:05:00+00:00", TOKEN, notes=notes, steps=steps)]
    return form.fold({**RUN, "opened": "2026-03-01T12:00:00+00:00"}, entries)


def lines(run: dict[str, Any] | None = None, lock: dict[str, Any] | None = None, state: Any = None) -> list[str]:
    state = state or system_state()
    servers = [{"state": state["management_server"]}, {"state": state["database_server"]}]
    return status_lines("JP1MGR01", {"content": run or {}, "lock": lock or FREE}, servers, PLACE)


def next_line(run: dict[str, Any] | None, lock: dict[str, Any] | None = None) -> str:
    return lines(run, lock)[-1]


def test_a_system_without_a_run() -> None:
    assert lines() == [
        "JP1MGR01 (management server) has version 10-00; 2 of 2 services run.",
        "JP1DB01 (database server) has version 10-00; 1 of 1 services run; the database has schema 10-00 and 200 records.",
        "No run is known.",
        f"Next: {COMMAND.format('upgrade.yml')}",
    ]


def test_what_works_and_what_does_not_is_told() -> None:
    state = changed(system_state(), "management_server/services/Web/state", "stopped")
    state = changed(state, "management_server/installers_running", ["SETUP.EXE"])
    state = changed(state, "management_server/product/version", "")
    assert lines(state=state)[0] == "JP1MGR01 (management server) has version unknown; 1 of 2 services run; at work: SETUP.EXE."


def test_how_far_a_run_is() -> None:
    told = lines(folded({}, stop="done", backup="done", install_on_database_server="running"))
    assert told[2:6] == [
        rf"Run {RUN_ID} to version 10-10 is open; last entry at 2026-03-01T12:05:00+00:00; backup in D:\JP1\backup\{RUN_ID}.",
        "  backup: done since 2026-03-01T12:05:00+00:00",
        "  stop: done since 2026-03-01T12:05:00+00:00",
        "  install_on_database_server: running since 2026-03-01T12:05:00+00:00",
    ]


@pytest.mark.parametrize(
    ("notes", "told", "playbooks"),
    [
        ({}, "is open;", ["upgrade.yml"]),
        ({"end_state": "PAUSED"}, "is open, PAUSED;", ["upgrade.yml"]),
        ({"end_state": "NEEDS_OPERATOR"}, "is open, NEEDS_OPERATOR;", ["upgrade.yml"]),
        ({"end_state": "ROLLBACK_FAILED"}, "is open, ROLLBACK_FAILED;", ["rollback.yml"]),
        ({"end_state": "PAUSED", "rolling_back": True}, "is open, PAUSED, its rollback has begun;", ["rollback.yml"]),
        ({"end_state": "PAUSED", "rollback_requested": True}, "is open, PAUSED;", ["rollback.yml"]),
        ({"end_state": "PAUSED", "rollback_requested": False}, "is open, PAUSED;", ["upgrade.yml"]),
        ({"end_state": "SUCCEEDED", "rollback_requested": True}, "is closed, SUCCEEDED;", ["commit.yml", "rollback.yml"]),
        ({"end_state": "SUCCEEDED", "rolling_back": True}, "is open, SUCCEEDED, its rollback has begun;", ["rollback.yml"]),
        ({"end_state": "SUCCEEDED"}, "is closed, SUCCEEDED;", ["commit.yml", "rollback.yml"]),
        ({"end_state": "SUCCEEDED", "committed": True}, "is closed, committed;", ["upgrade.yml"]),
        ({"end_state": "ROLLED_BACK", "rolling_back": False}, "is closed, ROLLED_BACK;", ["upgrade.yml"]),
    ],
)
def test_what_comes_next_follows_from_how_the_run_ended(notes: dict[str, Any], told: str, playbooks: list[str]) -> None:
    run = folded(notes)
    assert told in lines(run)[2]
    assert next_line(run).startswith("Next: ")
    assert [name for name in ("upgrade.yml", "rollback.yml", "commit.yml") if COMMAND.format(name) in next_line(run)] == sorted(
        playbooks, key=["upgrade.yml", "rollback.yml", "commit.yml"].index
    )


@pytest.mark.parametrize(
    ("lock", "told", "begin"),
    [
        (held(True), "its ansible-playbook has ended.", f"Next: {COMMAND.format('upgrade.yml')}"),
        (held(False), "its ansible-playbook still runs.", "Next: wait for the end of the run that has the lock."),
        (
            held(None),
            "its ansible-playbook can not be seen from here.",
            f"Next, when the run that has the lock has ended: {COMMAND.format('upgrade.yml')}",
        ),
        ({"held": True, "holder": {}, "holder_gone": None}, "nobody has it", f"Next: {COMMAND.format('upgrade.yml')}"),
    ],
)
@pytest.mark.parametrize("run", [None, folded({})])
def test_who_has_the_lock_is_told(run: dict[str, Any] | None, lock: dict[str, Any], told: str, begin: str) -> None:
    *_before, lock_line, last = lines(run, lock)
    assert told in lock_line
    assert not lock["holder"] or "upgrade on awx01 since 2026-03-01T12:00:00.000+00:00" in lock_line
    assert last == begin


@pytest.mark.parametrize(("result", "why"), [(FAILED, "JP1DB01 is off. Switch it on."), ({"failed": True, "msg": "Bad."}, "Bad.")])
def test_what_can_not_be_read_hides_nothing_else(result: dict[str, Any], why: str) -> None:
    state = system_state()["management_server"]
    told = status_lines("JP1MGR01", result, [{"state": state}, result], PLACE)
    assert told[0].startswith("JP1MGR01 (management server) has version 10-00")
    assert told[1] == f"{'JP1DB01' if 'failure' in result else 'A server'} could not be read: {why}"
    assert told[2:] == [f"The journal could not be read: {why}"]
