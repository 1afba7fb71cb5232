# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.filter.upgrade import (
    FilterModule,
    blockers,
    description_problems,
    finding_lines,
    installed_versions,
    lock_refusal,
    system_findings,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.journals import HOLDER
from ansible_collections.jp1.itdm.tests.unit.plugins.states import changed, system_state

OPEN_RUN = {"run_id": "run1", "management_server": "JP1MGR01", "target_version": "10-10"}
GROUPS = {
    "jp1_itdm_management_servers": ["JP1MGR01", "JP1MGR02"],
    "jp1_itdm_database_servers": ["JP1DB01", "JP1DB02"],
}
HOSTVARS: dict[str, dict[str, Any]] = {
    "JP1MGR01": {"upgrade_database_server": "JP1DB01", "upgrade_media_folder": "D:\\new"},
    "JP1MGR02": {"upgrade_database_server": "JP1DB02"},
    "JP1DB01": {},
    "JP1DB02": {},
}


def finding(check: str, severity: str = "blocker") -> dict[str, str]:
    return {"check": check, "severity": severity, "host": "JP1DB01", "message": "Found.", "remedy": "Do it."}


def checks(findings: list[dict[str, str]], open_run: dict[str, Any] | None = None, target: str = "10-10") -> list[str]:
    return [item["check"] for item in blockers(findings, open_run or {}, target)]


def test_every_filter_can_be_called() -> None:
    assert all(callable(function) for function in FilterModule().filters().values())


def test_findings_are_told_in_one_line_each() -> None:
    assert finding_lines([finding("cluster")]) == ["JP1DB01 [cluster] Found. Do it."]


def test_findings_of_a_system_are_plain_data() -> None:
    assert system_findings(system_state(), "10-10") == []
    state = changed(system_state(), "database_server/clock_offset", 100.0)
    (found,) = system_findings(state, "10-10", "90")  # type: ignore[arg-type]
    assert (found["check"], found["severity"]) == ("clock_difference", "blocker")
    assert system_findings(state, "10-10", 120) == []


@pytest.mark.parametrize(
    ("other", "versions"),
    [("10-00", ["10-00"]), ("10-10", ["10-00", "10-10"]), ("", ["", "10-00"]), (None, ["10-00", None])],
)
def test_different_versions_are_listed_once(other: str | None, versions: list[str | None]) -> None:
    state = changed(system_state(), "database_server/product/version", other)
    assert installed_versions(state) == versions


# What stops a run


def test_warnings_stop_nothing() -> None:
    assert checks([finding("cluster"), finding("services_known", "warning")]) == ["cluster"]


def test_a_run_without_setup_needs_no_way_for_it() -> None:
    findings = [finding("setup_known"), finding("cluster")]
    assert checks(findings) == ["setup_known", "cluster"]
    assert [item["check"] for item in blockers(findings, {}, "10-10", True)] == ["cluster"]


INTERRUPTED = ["same_version", "services_known", "services_running", "product_installed", "programs_known", "old_media", "backup_space"]


@pytest.mark.parametrize("check", INTERRUPTED)
def test_what_an_interrupted_run_leaves_does_not_stop_its_continuation(check: str) -> None:
    assert checks([finding(check)]) == [check]
    assert checks([finding(check)], OPEN_RUN) == []


@pytest.mark.parametrize(
    "check",
    [
        "elevated_account",
        "windows_tools",
        "cluster",
        "pending_restart",
        "installation_space",
        "media",
        "credentials",
        "two_servers",
        "clock_difference",
        "downgrade",
    ],
)
def test_everything_else_stops_a_continuation_too(check: str) -> None:
    assert checks([finding(check)], OPEN_RUN) == [check]


def test_an_open_run_to_another_version_stops_the_run() -> None:
    (found,) = blockers([], {**OPEN_RUN, "target_version": "10-05"}, "10-10")
    assert found["check"] == "open_run"
    assert found["host"] == "JP1MGR01"
    assert "10-05" in found["message"]
    assert "rollback.yml" in found["remedy"]


@pytest.mark.parametrize("rolling_back", [True, False])
def test_an_unfinished_rollback_stops_the_upgrade(rolling_back: bool) -> None:
    found = blockers([], {**OPEN_RUN, "rolling_back": rolling_back}, "10-10")
    assert [item["check"] for item in found] == (["open_run"] if rolling_back else [])
    assert all("rollback.yml" in item["remedy"] for item in found)


# The lock

NOW = "2026-03-01T12:40:00.123456"


def journal(gone: bool | None = None, **run: Any) -> dict[str, Any]:
    return {"lock": {"held": True, "holder": HOLDER, "holder_gone": gone}, "content": run}


def test_a_free_lock_may_be_taken() -> None:
    assert lock_refusal({"lock": {"held": False, "holder": {}, "holder_gone": None}, "content": {}}, [], NOW) == ""


def test_a_holder_that_lives_is_named() -> None:
    assert "upgrade on awx01" in lock_refusal(journal(False), [], NOW)
    assert lock_refusal(journal(False), [], NOW, "1800", True) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("server", ["management_server", "database_server"])
def test_what_works_on_a_server_is_named(server: str) -> None:
    state = changed(system_state(), f"{server}/installers_running", ["SETUP.EXE"])
    told = lock_refusal(journal(), [state["management_server"], state["database_server"]], NOW)
    assert f"SETUP.EXE on {state[server]['host']}" in told


@pytest.mark.parametrize(
    ("run", "refused"),
    [
        ({}, False),
        ({"updated": "2026-03-01T12:05:00+00:00"}, False),
        ({"updated": "2026-03-01T12:30:00+00:00"}, True),
        ({"steps": {"backup": {"state": "running"}, "stop": {"state": "pending"}}}, True),
        ({"steps": {"backup": {"state": "unknown"}, "stop": {"state": "done"}}}, False),
        ({"steps": {"backup": {"state": "running"}}, "end_state": "SUCCEEDED"}, False),
    ],
)
def test_a_silent_holder_is_taken_for_dead_when_nothing_runs(run: dict[str, Any], refused: bool) -> None:
    told = lock_refusal(journal(**run), list(system_state().values()), NOW)
    assert bool(told) is refused
    assert lock_refusal(journal(True, **run), list(system_state().values()), NOW) == ""


# The inventory


def test_a_sound_description_has_no_problems() -> None:
    assert description_problems("JP1MGR01", GROUPS, HOSTVARS) == []


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({}, "upgrade_database_server is not set"),
        ({"upgrade_database_server": ""}, "upgrade_database_server is not set"),
        ({"upgrade_database_server": "JP1DB99"}, "'JP1DB99'"),
        ({"upgrade_database_server": "JP1MGR02"}, "not in the inventory group jp1_itdm_database_servers"),
        ({"upgrade_database_server": "JP1DB02"}, "JP1MGR02 names the same upgrade_database_server"),
        (
            {
                "upgrade_database_server": "JP1DB01",
                "upgrade_media_folder": "D:\\m",
                "upgrade_old_media_folder": "D:\\m",
            },
            "are the same folder, D:\\m",
        ),
    ],
)
def test_every_problem_names_the_host_and_the_option(own: dict[str, Any], told: str) -> None:
    (problem,) = description_problems("JP1MGR01", GROUPS, {**HOSTVARS, "JP1MGR01": own})
    assert problem.startswith("JP1MGR01: ")
    assert told in problem


def test_without_the_group_no_database_server_is_right() -> None:
    assert len(description_problems("JP1MGR01", {}, HOSTVARS)) == 1


def test_a_server_alone_has_no_neighbours() -> None:
    groups = {"jp1_itdm_database_servers": ["JP1DB01"]}
    assert description_problems("JP1MGR01", groups, HOSTVARS) == []
