# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError
from ansible_collections.jp1.itdm.plugins.module_utils._result import (
    END_STATES,
    GREEN,
    end_state_without_rollback,
    failure,
    last_line,
    refusal_line,
    step_state,
    upgrade_problems,
    upgrade_result,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.states import changed, system_state
from hypothesis import given
from hypothesis import strategies as st

FAILURE = {
    "class": "command",
    "code": "exit_code",
    "host": "JP1DB01",
    "message": "SETUP.EXE ended with exit code 1.",
    "remedy": "Read its messages.",
    "evidence": {},
    "task": "Overwrite-install on the database server",
    "phase": "install_on_database_server",
}
RUN = {
    "run_id": "20260301T120000Z",
    "backup_folder": r"D:\JP1\backup\20260301T120000Z",
    "stopped_at": "2026-03-01T12:05:00",
    "records_at_stop": 205,
}
RESTORED = {"records": 200, "created": "2026-03-01T12:01:00+00:00", "started": "2026-03-01T12:10:00+00:00"}


def pieces(end_state: str, **changes: Any) -> dict[str, Any]:
    after = system_state("10-10" if end_state in GREEN else "10-00")
    return {
        "system": "JP1MGR01",
        "end_state": end_state,
        "run": RUN,
        "before": system_state(),
        "after": after,
        "backup": {"records": 200, "created": "2026-03-01T12:01:00+00:00"},
        "verified_at": "2026-03-01T12:15:30",
        "failure": {} if end_state in GREEN else FAILURE,
        "rollback_failure": {},
        "playbook_dir": "/home/admin/itdm/playbooks",
        "inventory_sources": ["/home/admin/my inventory.yml"],
        "check_mode": False,
        **changes,
    }


def result(end_state: str, **changes: Any) -> dict[str, Any]:
    return upgrade_result(pieces(end_state, **changes))


# The end of a run


@pytest.mark.parametrize(
    ("end_state", "playbook"),
    [
        ("BLOCKED", "upgrade.yml"),
        ("ROLLED_BACK", "upgrade.yml"),
        ("ROLLBACK_FAILED", "rollback.yml"),
        ("NEEDS_OPERATOR", "upgrade.yml"),
    ],
)
def test_every_red_end_names_the_exact_next_command(end_state: str, playbook: str) -> None:
    ended = result(end_state)
    words = ["ansible-playbook", "-i", "/home/admin/my inventory.yml", f"/home/admin/itdm/playbooks/{playbook}"]
    assert shlex.split(ended["next_command"]) == [*words, "--limit", "JP1MGR01"]
    assert last_line(ended).endswith(": " + ended["next_command"])


@pytest.mark.parametrize("end_state", GREEN)
def test_a_green_end_needs_no_next_command(end_state: str) -> None:
    ended = result(end_state)
    assert ended["next_command"] == ""
    assert "ansible-playbook" not in last_line(ended)
    assert "version 10-10" in last_line(ended)


@pytest.mark.parametrize("end_state", END_STATES)
def test_every_last_line_begins_with_the_end_state_and_the_system(end_state: str) -> None:
    assert last_line(result(end_state)).startswith(f"{end_state}: JP1MGR01: ")
    assert "\n" not in last_line(result(end_state))


@pytest.mark.parametrize("end_state", sorted(set(END_STATES) - set(GREEN)))
def test_every_red_end_says_what_failed_and_what_to_do(end_state: str) -> None:
    line = last_line(result(end_state))
    assert "[install_on_database_server, exit_code] JP1DB01: SETUP.EXE ended with exit code 1. Read its messages." in line


def test_a_failed_rollback_tells_both_failures() -> None:
    other = {**FAILURE, "phase": "rollback", "code": "restore_incomplete", "message": "Half of it."}
    line = last_line(result("ROLLBACK_FAILED", rollback_failure=other))
    assert line.index("exit_code") < line.index("The rollback failed: [rollback, restore_incomplete] JP1DB01: Half of it.")


def test_records_of_the_new_version_are_thrown_away_only_on_request() -> None:
    ended = result("NEEDS_OPERATOR", rollback_failure={**FAILURE, "phase": "rollback"})
    words = shlex.split(ended["next_command"])
    assert "/home/admin/itdm/playbooks/rollback.yml" in words
    assert words[-2:] == ["-e", "upgrade_rollback_after_start=true"]


@pytest.mark.parametrize("rollback", [True, False])
def test_what_the_server_does_not_show_is_confirmed_by_the_next_command(rollback: bool) -> None:
    step = {**FAILURE, "class": "operator_needed", "code": "manual_step", "evidence": {"confirm": "restore"}}
    ended = result("NEEDS_OPERATOR", **({"rollback_failure": step} if rollback else {"failure": step}))
    words = shlex.split(ended["next_command"])
    assert words[3].endswith("/rollback.yml" if rollback else "/upgrade.yml")
    assert words[-2] == "-e"
    assert json.loads(words[-1]) == {"upgrade_confirmed_steps": ["restore"]}


@pytest.mark.parametrize("reason", ["rolling_back", "requested"])
@pytest.mark.parametrize("end_state", ["BLOCKED", "PAUSED", "NEEDS_OPERATOR"])
def test_an_unfinished_rollback_is_what_goes_on(end_state: str, reason: str) -> None:
    assert "/rollback.yml" in result(end_state, **{reason: True})["next_command"]


@pytest.mark.parametrize("reason", ["rolling_back", "requested"])
@pytest.mark.parametrize("end_state", ["SUCCEEDED", "ROLLED_BACK"])
def test_a_rollback_that_is_finished_does_not_go_on(end_state: str, reason: str) -> None:
    assert "/rollback.yml" not in result(end_state, **{reason: True})["next_command"]


@pytest.mark.parametrize("key", ["failure", "rollback_failure"])
def test_who_has_lost_the_lock_looks_at_the_run_that_has_it(key: str) -> None:
    lost = {**FAILURE, "class": "operator_needed", "code": "lock_lost"}
    words = shlex.split(result("NEEDS_OPERATOR", **{key: lost})["next_command"])
    assert words[3].endswith("/status.yml")
    assert "-e" not in words


def test_a_rollback_that_was_only_shown_is_the_next_command() -> None:
    ended = result("ROLLED_BACK", check_mode=True, requested=True, failure={})
    assert "/rollback.yml" in ended["next_command"]
    assert f"It can be rolled back, with the same options, by: {ended['next_command']}" in last_line(ended)
    assert "Records lost" not in last_line(ended)


def test_a_manual_step_of_a_rollback_throws_no_records_away() -> None:
    step = {**FAILURE, "class": "operator_needed", "code": "manual_step", "evidence": {"action": "install"}}
    words = shlex.split(result("NEEDS_OPERATOR", rollback_failure=step)["next_command"])
    assert words[3].endswith("/rollback.yml")
    assert "-e" not in words


@pytest.mark.parametrize("end_state", END_STATES)
def test_check_mode_claims_no_change(end_state: str) -> None:
    line = last_line(result(end_state, check_mode=True))
    assert "check mode, nothing was changed" in line
    assert "both servers" not in line


@given(st.lists(st.text(min_size=1), max_size=3), st.text(min_size=1), st.text(min_size=1))
def test_a_command_can_be_pasted_into_a_shell(sources: list[str], folder: str, system: str) -> None:
    ended = result("BLOCKED", inventory_sources=sources, playbook_dir=folder, system=system)
    inventory = [word for source in sources for word in ("-i", source)]
    words = ["ansible-playbook", *inventory, f"{folder}/upgrade.yml", "--limit", system]
    assert shlex.split(ended["next_command"]) == words


@pytest.mark.parametrize(("sources", "count"), [("one.yml", 1), (["a", "b"], 2), ([], 0), (None, 0)])
def test_every_inventory_source_is_named(sources: Any, count: int) -> None:
    assert shlex.split(result("BLOCKED", inventory_sources=sources)["next_command"]).count("-i") == count


# What a result holds


def test_a_result_has_all_keys() -> None:
    made = result("ROLLED_BACK", run={**RUN, "restored": RESTORED, "records_before_restore": 207}, rollback_failure={**FAILURE, "host": ""})
    assert made == {
        "schema": 1,
        "system": "JP1MGR01",
        "end_state": "ROLLED_BACK",
        "check_mode": False,
        "run_id": "20260301T120000Z",
        "backup_folder": r"D:\JP1\backup\20260301T120000Z",
        "servers": {
            "management_server": {"host": "JP1MGR01", "version_before": "10-00", "version_after": "10-00"},
            "database_server": {"host": "JP1DB01", "version_before": "10-00", "version_after": "10-00"},
        },
        "schema_before": "10-00",
        "schema_after": "10-00",
        "records": {
            "before": 200,
            "in_backup": 200,
            "at_stop": 205,
            "after": 200,
            "at_risk": 5,
            "lost": 7,
            "lost_window": {"from": RESTORED["created"], "to": RESTORED["started"]},
        },
        "downtime_seconds": 630.0,
        "failure": FAILURE,
        "rollback_failure": {**FAILURE, "host": ""},
        "next_command": "ansible-playbook -i '/home/admin/my inventory.yml' /home/admin/itdm/playbooks/upgrade.yml --limit JP1MGR01",
    }


def test_a_result_without_a_run_has_all_keys() -> None:
    made = result("BLOCKED", run={}, before={}, after={}, backup={}, verified_at="")
    assert made["servers"] == {}
    assert (made["run_id"], made["backup_folder"], made["downtime_seconds"]) == ("", "", None)
    assert made["records"] == {
        "before": None,
        "in_backup": None,
        "at_stop": None,
        "after": None,
        "at_risk": None,
        "lost": 0,
        "lost_window": {},
    }


def test_versions_schema_and_downtime() -> None:
    ended = result("SUCCEEDED")
    assert ended["servers"] == {
        "management_server": {"host": "JP1MGR01", "version_before": "10-00", "version_after": "10-10"},
        "database_server": {"host": "JP1DB01", "version_before": "10-00", "version_after": "10-10"},
    }
    assert (ended["schema_before"], ended["schema_after"]) == ("10-00", "10-10")
    assert ended["downtime_seconds"] == 630.0
    assert ended["backup_folder"] == RUN["backup_folder"]


def test_a_run_that_never_stopped_the_services_has_no_downtime() -> None:
    assert result("SUCCEEDED", run={"run_id": "x"})["downtime_seconds"] is None
    assert result("SUCCEEDED", verified_at="")["downtime_seconds"] is None


def test_a_run_that_was_blocked_at_its_first_task_has_a_result() -> None:
    ended = result("BLOCKED", run={}, before={}, after={}, backup={}, restore=None, verified_at="")
    assert ended["servers"] == {}
    assert ended["records"]["before"] is None
    assert last_line(ended).startswith("BLOCKED: JP1MGR01: ")


def test_a_server_that_was_only_seen_before_keeps_its_place() -> None:
    ended = result("ROLLBACK_FAILED", after={})
    assert ended["servers"]["database_server"] == {
        "host": "JP1DB01",
        "version_before": "10-00",
        "version_after": None,
    }


@pytest.mark.parametrize("end_state", END_STATES)
def test_a_result_is_plain_json(end_state: str) -> None:
    ended = result(end_state)
    assert json.loads(json.dumps(ended)) == ended
    assert ended["end_state"] == end_state


# Records


def test_what_was_accepted_after_the_backup_is_at_risk_but_not_lost() -> None:
    records = result("SUCCEEDED")["records"]
    assert records["before"] == 200
    assert records["in_backup"] == 200
    assert records["at_stop"] == 205
    assert records["at_risk"] == 5
    assert records["lost"] == 0


@pytest.mark.parametrize(("before_restore", "lost"), [(230, 30), (0, 5), (None, 5), ("230", 30)])
def test_what_a_restore_replaced_is_lost(before_restore: Any, lost: int) -> None:
    run = {**RUN, "records_before_restore": before_restore, "restored": RESTORED}
    ended = result("ROLLED_BACK", run=run)
    assert ended["records"]["lost"] == lost
    assert f"Records lost: {lost}." in last_line(ended)


def test_nothing_is_lost_where_nothing_was_restored() -> None:
    for restored in (False, None):
        ended = result("ROLLED_BACK", run={**RUN, "restored": restored})
        assert ended["records"]["lost"] == 0
        assert "Records lost: 0." in last_line(ended)


def test_what_an_interrupted_rollback_restored_is_lost_for_the_run_that_completes_it() -> None:
    """The later run takes no backup and restores nothing, so that only the journal knows."""
    ended = result("ROLLED_BACK", run={**RUN, "records_before_restore": 230, "restored": RESTORED}, backup={})
    assert ended["records"]["in_backup"] == 200
    assert ended["records"]["lost"] == 30
    assert ended["records"]["lost_window"]["to"] == RESTORED["started"]


@pytest.mark.parametrize(
    ("before_first", "before_second", "lost"), [(230, 250, 30 + 50), (None, 250, 5 + 50), (230, 200, 30), (230, None, None), (0, 0, None)]
)
def test_what_was_accepted_between_two_restores_is_lost_too(before_first: int | None, before_second: int | None, lost: int | None) -> None:
    earlier = {**RESTORED, "started": "2026-03-01T12:05:00+00:00", "before": before_first}
    run = {**RUN, "restored_earlier": [earlier], "records_before_restore": before_second, "restored": RESTORED}
    records = result("ROLLED_BACK", run=run)["records"]
    assert records["lost"] == lost
    assert records["lost_window"] == {"from": RESTORED["created"], "to": RESTORED["started"]}


def test_what_a_restore_has_lost_stays_known_while_the_next_one_is_not_complete() -> None:
    run = {**RUN, "restored_earlier": [{**RESTORED, "before": 230}], "records_before_restore": 250, "restored": {}}
    records = result("ROLLBACK_FAILED", run=run, backup={})["records"]
    assert (records["in_backup"], records["lost"]) == (200, 30)


def test_records_that_can_not_be_counted_are_lost_in_a_window_of_time() -> None:
    ended = result(
        "ROLLED_BACK",
        run={**RUN, "records_at_stop": None, "restored": {**RESTORED, "records": None}},
        backup={"records": None, "created": "2026-03-01T12:01:00+00:00"},
    )
    assert ended["records"]["lost"] is None
    assert "between 2026-03-01T12:01:00+00:00 and 2026-03-01T12:10:00+00:00" in last_line(ended)
    assert "Records lost" not in last_line(ended)


LAST_LINES = {
    "succeeded": (result("SUCCEEDED"), "SUCCEEDED: JP1MGR01: both servers have version 10-10."),
    "nothing to do": (result("NOTHING_TO_DO"), "NOTHING_TO_DO: JP1MGR01: both servers already have version 10-10 and run."),
    "check mode": (result("SUCCEEDED", check_mode=True), "SUCCEEDED: JP1MGR01: check mode, nothing was changed."),
    "rolled back": (
        result(
            "ROLLED_BACK", run={**RUN, "restored": RESTORED, "records_before_restore": 207}, failure={**FAILURE, "host": "", "remedy": ""}
        ),
        "ROLLED_BACK: JP1MGR01: [install_on_database_server, exit_code] SETUP.EXE ended with exit code 1. Records lost: 7. "
        "The old version runs again. Remove the cause, then run, with the same options: {next}",
    ),
    "rollback failed": (
        result("ROLLBACK_FAILED", rollback_failure={**FAILURE, "phase": "rollback"}, failure={}),
        "ROLLBACK_FAILED: JP1MGR01: The rollback failed: [rollback, exit_code] JP1DB01: SETUP.EXE ended with exit code 1. "
        "Read its messages. Remove the cause, then continue the rollback, with the same options, by: {next}",
    ),
    "two versions": (
        result("SUCCEEDED", after=changed(system_state("10-10"), "database_server/product/version", "10-20")),
        "SUCCEEDED: JP1MGR01: both servers have version 10-10 and 10-20.",
    ),
}


@pytest.mark.parametrize("name", LAST_LINES)
def test_a_last_line_word_by_word(name: str) -> None:
    made, told = LAST_LINES[name]
    assert last_line(made) == told.format(next=made["next_command"])


# Failures


def test_an_own_failure_keeps_its_class_and_gets_task_and_phase() -> None:
    own = PreconditionError("No.", code="media", remedy="Copy it.").as_result()
    assert failure({"msg": "x", "failure": {**own, "host": "h"}}, "Install", "verify") == {
        "class": "precondition",
        "code": "media",
        "host": "h",
        "message": "No.",
        "remedy": "Copy it.",
        "evidence": {},
        "task": "Install",
        "phase": "verify",
    }


@pytest.mark.parametrize("foreign", [{"msg": "Boom"}, {}, {"failure": "text", "msg": "Boom"}, {"failure": None}, {"msg": {"a": 1}}])
def test_a_foreign_failure_has_an_unknown_outcome_and_all_keys(foreign: dict[str, Any]) -> None:
    made = failure(foreign, "Assert", "verify")
    assert made["class"] == "unknown_outcome"
    assert made["code"] == "verify_failed"
    assert (made["host"], made["remedy"], made["evidence"]) == ("", "", {})
    assert made["message"] == str(foreign.get("msg", "The task failed."))
    assert set(made) == set(FAILURE)
    assert "[verify, verify_failed]" in last_line(result("ROLLED_BACK", failure=made))


@pytest.mark.parametrize(
    ("phase", "failure_class", "end_state"),
    [
        ("preflight", "precondition", "BLOCKED"),
        ("preflight", "connection_lost", "BLOCKED"),
        ("preflight", "operator_needed", "BLOCKED"),
        ("open", "command", "BLOCKED"),
        ("backup", "operator_needed", "NEEDS_OPERATOR"),
        ("setup_database", "operator_needed", "NEEDS_OPERATOR"),
        ("backup", "backup_rejected", ""),
        ("stop", "timeout", ""),
        ("install_on_database_server", "command", ""),
        ("install_on_management_server", "connection_lost", "PAUSED"),
        ("install_on_management_server", "timeout", "PAUSED"),
        ("verify", "unknown_outcome", ""),
        ("commit", "command", "NEEDS_OPERATOR"),
        ("report", "unknown_outcome", "NEEDS_OPERATOR"),
    ],
)
def test_the_policy_says_when_no_rollback_is_wanted(phase: str, failure_class: str, end_state: str) -> None:
    assert end_state_without_rollback({"phase": phase, "class": failure_class, "code": "x"}) == end_state


def test_the_policy_can_be_replaced() -> None:
    what = {"phase": "stop", "class": "timeout", "code": "time_limit"}
    assert end_state_without_rollback(what, True, {"stop": {"timeout": "pause"}}) == "PAUSED"
    assert end_state_without_rollback(what, True, {"stop": {"timeout": "ask"}}) == "NEEDS_OPERATOR"
    assert end_state_without_rollback(what, True, {"start": {"timeout": "ask"}}) == ""


@pytest.mark.parametrize(
    "code", ["lock_lost", "journal_moved", "journal_damaged", "journal_foreign", "journal_schema_unknown", "unknown_run"]
)
@pytest.mark.parametrize("phase", ["backup", "install_on_database_server", "verify", "rollback"])
def test_without_lock_and_journal_nothing_is_undone(phase: str, code: str) -> None:
    what = {"phase": phase, "class": "precondition", "code": code}
    assert end_state_without_rollback(what, True, {phase: {"precondition": "roll_back"}}) == "NEEDS_OPERATOR"
    assert end_state_without_rollback(what, False) == "BLOCKED"


@pytest.mark.parametrize(
    ("failure_class", "state"),
    [
        ("command", "failed"),
        ("verification", "failed"),
        ("timeout", "running"),
        ("connection_lost", "unknown"),
        ("unknown_outcome", "unknown"),
    ],
)
def test_a_failure_leaves_its_step_in_a_state(failure_class: str, state: str) -> None:
    assert step_state({"class": failure_class}) == state


@pytest.mark.parametrize("phase", ["preflight", "backup", "install_on_database_server", "verify"])
def test_before_a_run_is_open_nothing_can_be_rolled_back(phase: str) -> None:
    assert end_state_without_rollback({"phase": phase, "class": "command"}, False) == "BLOCKED"


@pytest.mark.parametrize(("host", "begin"), [("JP1DB01", "JP1DB01: No."), ("", "No.")])
@pytest.mark.parametrize(("code", "playbook"), [("locked", "commit.yml"), ("lock_lost", "status.yml")])
def test_a_playbook_that_refuses_names_the_next_command(host: str, begin: str, code: str, playbook: str) -> None:
    what = {**FAILURE, "phase": "commit", "code": code, "host": host, "message": "No.", "remedy": "Wait."}
    line = refusal_line(what, "JP1MGR01", "my playbooks", "hosts.yml")
    assert line.startswith(f"BLOCKED: JP1MGR01: [commit, {code}] {begin} Wait. ")
    assert line.endswith(f": ansible-playbook -i hosts.yml 'my playbooks/{playbook}' --limit JP1MGR01")


# What is missing for a success


def test_a_healthy_upgraded_system_has_no_problems() -> None:
    assert upgrade_problems(system_state("10-10"), "10-10") == []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("management_server/product/version", "10-00", "JP1MGR01 has version 10-00 instead of 10-10."),
        ("database_server/product/version", "", "JP1DB01 has version  instead of 10-10."),
        ("database_server/services/Database/state", "stopped", "JP1DB01: service Database is stopped."),
        ("management_server/services/Web/state", "start_pending", "JP1MGR01: service Web is start_pending."),
        ("management_server/license_registered", False, "JP1MGR01: no licence is registered."),
        ("management_server/operation_window", False, "JP1MGR01: the operation window's port does not answer."),
        ("management_server/services", {}, "JP1MGR01: none of the product's services is there."),
        ("database_server/database/damaged", True, "JP1DB01: the database says that it is damaged."),
        (
            "database_server/database/schema",
            "10-00",
            "JP1DB01: the database has schema 10-00 instead of 10-10. Upgrade it by Setup, or set upgrade_skip_database_upgrade: true.",
        ),
        (
            "database_server/unanswered",
            ["database_status"],
            "JP1DB01: database_status of the profile gave no answer. Run its command there by hand to see why.",
        ),
    ],
)
def test_one_thing_missing_is_one_problem(path: str, value: Any, told: str) -> None:
    assert upgrade_problems(changed(system_state("10-10"), path, value), "10-10") == [told]


def test_a_database_server_may_have_no_services() -> None:
    assert upgrade_problems(changed(system_state("10-10"), "database_server/services", {}), "10-10") == []


def test_a_service_that_windows_does_not_start_need_not_run() -> None:
    service = {"state": "stopped", "start_type": "manual"}
    state = changed(system_state("10-10"), "management_server/services/Web", service)
    assert upgrade_problems(state, "10-10") == []


def test_a_skipped_database_upgrade_may_leave_the_schema() -> None:
    state = changed(system_state("10-10"), "database_server/database/schema", "10-00")
    assert upgrade_problems(state, "10-10", skip_database_upgrade=True) == []


def test_what_the_profile_can_not_tell_is_no_problem() -> None:
    state = changed(system_state("10-10"), "database_server/database/schema", None)
    assert upgrade_problems(changed(state, "management_server/license_registered", None), "10-10") == []
