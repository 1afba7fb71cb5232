# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of the role's calls where it matters, and what one call hands on to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.role.played_modules import PlayedModules


@pytest.fixture
def played(tmp_path: Path) -> PlayedModules:
    return PlayedModules(tmp_path)


def open_run(**lock: Any) -> dict[str, Any]:
    """How the journal answers where a run is open."""
    result = {"open": True, "content": {"run_id": "run1", "position": 3}, "lock": {"held": True, "holder_gone": False, **lock}}
    return {"module": "upgrade_journal", "options": {"state": "read"}, "result": result}


LOCKED = {"module": "upgrade_journal", "options": {"state": "locked"}, "result": {"token": "token1"}}
STOP = {"module": "preflight", "result": {"failed": True, "msg": "Enough."}}


def test_a_run_that_is_taken_over_loses_the_lock_before_anything_is_waited_for(played: PlayedModules) -> None:
    calls = [call.short for call in played.run("upgrade", [open_run(), LOCKED, STOP], take_over=True)]
    assert calls[:5] == ["upgrade_journal read", "upgrade_journal locked", "upgrade_job", "upgrade_job", "preflight"], played.output


def test_a_run_that_lives_is_neither_waited_for_nor_locked_out(played: PlayedModules) -> None:
    calls = [call.short for call in played.run("upgrade", [open_run(), LOCKED, STOP])]
    assert calls[:2] == ["upgrade_journal read", "preflight"], played.output
    assert "upgrade_journal locked" not in calls


def test_preflight_alone_takes_nothing_up(played: PlayedModules) -> None:
    calls = [call.short for call in played.run("preflight", [open_run(holder_gone=True), LOCKED, STOP], take_over=True)]
    assert calls[:2] == ["upgrade_journal read", "preflight"], played.output
    assert not {"upgrade_journal locked", "upgrade_job"} & set(calls)


def restore(played: PlayedModules, run: dict[str, Any], counted: int) -> list[dict[str, Any]]:
    """Take the step that restores the database, and return what is noted in the journal."""
    role = {"name": "jp1.itdm.upgrade", "tasks_from": "rollback/restore_database.yml"}
    play = {
        "hosts": "MGR",
        "gather_facts": False,
        "vars": {"upgrade_token": "token1", "upgrade_run": {"run_id": "run1", "backup_folder": "D:\\backup\\run1", **run}},
        "tasks": [{"ansible.builtin.include_role": role}],
    }
    manifest = {"records": 200, "created": "2026-11-27T21:00:00+00:00"}
    answers: list[dict[str, Any]] = [
        {"module": "upgrade_journal", "result": {"content": {}}},
        {"module": "manager_info", "result": {"state": {"database": {"records": counted}}}},
        {"module": "database_restore", "result": {"manifest": manifest, "started": "2026-11-27T22:00:00+00:00"}},
    ]
    calls = played.run([play], answers)
    assert [call.short for call in calls] == ["manager_info", "upgrade_journal noted", "database_restore", "upgrade_journal noted"], (
        played.output
    )
    return [call.options["content"] for call in calls if call.module == "upgrade_journal"]


def test_the_largest_number_of_records_is_noted_before_a_restore(played: PlayedModules) -> None:
    before, after = restore(played, {"records_before_restore": 215}, 210)
    assert before == {"records_before_restore": 215}
    assert after["restored"] == {"records": 200, "created": "2026-11-27T21:00:00+00:00", "started": "2026-11-27T22:00:00+00:00"}
    assert after["restore_due"] is False


def test_a_second_restore_keeps_what_the_first_one_has_thrown_away(played: PlayedModules) -> None:
    first = {"records": 200, "created": "2026-11-27T21:00:00+00:00", "started": "2026-11-27T21:30:00+00:00"}
    before, _after = restore(played, {"records_before_restore": 215, "restored": first}, 207)
    assert before == {"records_before_restore": 207, "restored": {}, "restored_earlier": [{**first, "before": 215}]}


def server(version: str, **more: Any) -> dict[str, Any]:
    """A server's state as far as a rollback looks at it."""
    state: dict[str, Any] = {
        "host": "X",
        "services": {},
        "license_registered": None,
        "installers_running": [],
        "program_files": {},
        "settings": {},
    }
    database = {"records": None, "schema": None, "damaged": None}
    return {**state, "product": {"version": version, "install_folder": "C:\\x"}, "database": {**database, **more}}


def roll_back(played: PlayedModules, counts: list[int], closed: bool = False) -> list[str]:
    """Go back from a start that has failed, and return the calls.

    :param counts: how many records the database holds, one look after the other; the fourth look finds the old version.
    :param closed: whether the upgrade had succeeded instead, and the rollback was asked for.
    """
    run = {
        "run_id": "run1",
        "backup_folder": "D:\\backup\\run1",
        "records_at_stop": 200,
        "steps": {"start": {"state": "failed"}},
        "state_before": {"management_server": server("10-00"), "database_server": server("10-00", records=190)},
    }
    play = {
        "hosts": "MGR",
        "gather_facts": False,
        "vars": {"upgrade_token": "token1", "upgrade_phase": "start", "upgrade_run": run, "upgrade_old_media_folder": "D:\\media\\10-00"},
        "tasks": [
            {"ansible.builtin.set_fact": {"upgrade_end_state": "", "upgrade_closed_before": closed}},
            {"ansible.builtin.include_role": {"name": "jp1.itdm.upgrade", "tasks_from": "rollback.yml"}},
        ],
    }
    profile = {"rollback.order": ["stop_services", "restore_database", "start_services"]}
    looks: list[dict[str, Any]] = [
        {
            "module": "manager_info",
            "options": {"server": "database_server"},
            "times": number,
            "result": {"state": server("10-00" if number == 4 else "10-10", records=count), "profile": profile},
        }
        for number, count in enumerate(counts, start=1)
    ]
    answers: list[dict[str, Any]] = [
        {"module": "upgrade_journal", "result": {"content": {}}},
        *looks,
        {"module": "manager_info", "options": {"server": "management_server"}, "times": 1, "result": {"state": server("10-10")}},
        {"module": "manager_info", "result": {"state": server("10-00")}},
        {"module": "database_restore", "result": {"manifest": {"records": 190, "created": ""}, "started": "2026-11-27T22:00:00+00:00"}},
    ]
    return [call.short for call in played.run([play], answers)]


FIRST_LOOK = ["upgrade_job", "upgrade_job", "manager_info", "manager_info"]


def test_records_that_come_in_behind_the_first_look_end_a_rollback_before_it_is_noted(played: PlayedModules) -> None:
    calls = roll_back(played, [200, 203])
    assert calls == [*FIRST_LOOK, "database_backup verified", "manager_service stopped", "manager_info"], played.output
    assert "have accepted 3 records" in " ".join(played.output.split())


def test_then_services_of_an_upgrade_that_had_succeeded_are_started_again(played: PlayedModules) -> None:
    calls = roll_back(played, [200, 203], closed=True)
    assert calls[-3:] == ["manager_service stopped", "manager_info", "manager_service started"], played.output
    assert "They run again; keep the new version, or go back all the same." in " ".join(played.output.split())


@pytest.mark.parametrize(("end_state", "forgets"), [("ROLLED_BACK", True), ("SUCCEEDED", False), ("PAUSED", False)])
def test_what_was_undone_before_is_no_reason_for_another_restore(played: PlayedModules, end_state: str, forgets: bool) -> None:
    run = {"run_id": "run1", "end_state": end_state, "installation_begun": True, "confirmed_steps": ["restore"]}
    journal = {"content": run, "open": end_state == "PAUSED", "lock": {"held": False, "holder": {}, "holder_gone": None}}
    answers: list[dict[str, Any]] = [
        {"module": "upgrade_journal", "options": {"state": "read"}, "result": journal},
        LOCKED,
        {"module": "upgrade_journal", "options": {"state": "noted"}, "result": {"content": run}},
        {"module": "manager_info", "result": {"state": server("10-00", records=198), "profile": {}}},
        {"module": "upgrade_job", "result": {"failed": True, "msg": "Enough."}},
    ]
    notes = [call.options["content"] for call in played.run("rollback", answers) if call.short == "upgrade_journal noted"]
    forgotten = [note for note in notes if "installation_begun" in note]
    expected = {"installation_begun": False, "confirmed_steps": [], "records_expected": 198}
    assert [{**note, "records_expected": int(note["records_expected"])} for note in forgotten] == ([expected] if forgets else []), (
        played.output
    )
    assert {"rollback_requested": True} in notes


def test_a_rollback_is_over_when_its_journal_says_so(played: PlayedModules) -> None:
    calls = roll_back(played, [200, 200, 200, 190])
    restored = calls.index("database_restore")
    assert calls[restored + 1 :][-5:] == ["manager_info", "manager_info", "upgrade_job", "upgrade_job", "upgrade_journal noted"], (
        played.output
    )


def test_records_that_the_first_look_finds_are_asked_for_before_anything_is_stopped(played: PlayedModules) -> None:
    assert roll_back(played, [201]) == FIRST_LOOK, played.output


NO_RUN = {"module": "upgrade_journal", "options": {"state": "read"}, "result": {"open": False, "content": {}, "lock": {"held": False}}}


@pytest.mark.parametrize("method", ["manual", "none"])
def test_a_backup_that_no_command_takes_is_refused_before_it_gets_a_folder(played: PlayedModules, method: str) -> None:
    look = {"module": "manager_info", "result": {"state": server("10-00"), "profile": {"backup.method": method}}}
    calls = [call.short for call in played.run("backup", [NO_RUN, LOCKED, look], confirmed_steps=["backup"])]
    assert calls == ["upgrade_journal read", "manager_info", "manager_info", "upgrade_journal locked", "upgrade_journal unlocked"], (
        played.output
    )
    output = " ".join(played.output.split())
    assert f"BLOCKED: MGR: [backup, backup_failed] The profile's field backup.method is {method}" in output


def test_a_command_takes_a_backup(played: PlayedModules) -> None:
    look = {"module": "manager_info", "result": {"state": server("10-00"), "profile": {"backup.method": "command"}}}
    assert "database_backup taken" in [call.short for call in played.run("backup", [NO_RUN, LOCKED, look])], played.output


@pytest.mark.parametrize(("skip", "end"), [("true", "nothing is in the way"), ("false", "[setup_known] Found. Do it.")])
def test_only_a_run_with_setup_needs_a_way_for_it(played: PlayedModules, skip: str, end: str) -> None:
    finding = {"check": "setup_known", "severity": "blocker", "host": "DB", "message": "Found.", "remedy": "Do it."}
    answers: list[dict[str, Any]] = [
        {
            "module": "preflight",
            "options": {"server": name},
            "result": {
                "state": {**server("10-00"), "host": name, "computer_name": name, "clock_offset": 0.0},
                "disks": {},
                "findings": [finding] if name == "database_server" else [],
            },
        }
        for name in ("database_server", "management_server")
    ]
    played.run("preflight", [NO_RUN, *answers], skip_database_upgrade=skip)
    assert end in " ".join(played.output.split()), played.output


def remove_left_tasks(played: PlayedModules, boot_time: str, job: dict[str, Any]) -> list[Any]:
    """End an upgrade after the database server had last been started at a time, and return the calls."""
    now = {"management_server": {"os": {"boot_time": "Monday"}}, "database_server": {"os": {"boot_time": boot_time}}}
    before = {server: {"os": {"boot_time": "Monday"}} for server in now}
    role = {"name": "jp1.itdm.upgrade", "tasks_from": "remove_left_tasks.yml"}
    play = {
        "hosts": "MGR",
        "gather_facts": False,
        "vars": {"upgrade_after": now, "upgrade_run": {"run_id": "run1", "state_before": before}},
        "tasks": [{"ansible.builtin.include_role": role}, {"ansible.builtin.set_fact": {"x": 1}}],
    }
    return played.run([play], [{"module": "upgrade_job", "result": job}])


def test_an_upgrade_removes_tasks_that_a_restart_has_left(played: PlayedModules) -> None:
    assert remove_left_tasks(played, "Monday", {}) == [], played.output
    calls = remove_left_tasks(played, "Tuesday", {})
    assert [(call.short, call.options["server"], call.options["results"]) for call in calls] == [
        ("upgrade_job", "database_server", "remove"),
        ("upgrade_job", "management_server", "remove"),
    ], played.output


def test_a_task_that_is_left_makes_no_good_end_a_bad_one(played: PlayedModules) -> None:
    assert len(remove_left_tasks(played, "Tuesday", {"failed": True, "msg": "It can not."})) == 1
    assert "Not removed, and harmless: It can not." in played.output
    assert "failed=0" in played.output
