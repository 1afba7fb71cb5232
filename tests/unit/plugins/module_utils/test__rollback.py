# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._profile import FIELDS
from ansible_collections.jp1.itdm.plugins.module_utils._rollback import (
    as_count,
    programs_differ,
    records_lost,
    rollback_plan,
    state_differences,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.states import State, changed, system_state
from hypothesis import given
from hypothesis import strategies as st

ORDER = FIELDS["rollback.order"].default
BEFORE = system_state()
LICENSE_STEPS = ["start_for_license", "register_license"]
WITH_MANAGEMENT = [
    "stop_services",
    "install_on_management_server",
    "start_for_license",
    "register_license",
    "stop_services",
    "restore_database",
    "start_services",
]


def plan(now: State, before: State = BEFORE, order: list[str] = ORDER, **noted: Any) -> dict[str, Any]:
    return rollback_plan({"state_before": before, **noted}, now, order)


def touched(*servers: str) -> State:
    now = copy.deepcopy(BEFORE)
    for server in servers:
        now[server]["product"]["version"] = "10-10"
    return now


# What a rollback does


def test_where_nothing_was_changed_only_the_services_are_started() -> None:
    assert plan(copy.deepcopy(BEFORE)) == {
        "touched": [],
        "reasons": [],
        "restore": False,
        "license": False,
        "new_records": 0,
        "steps": ["start_services"],
    }


def test_stopped_services_are_no_reason_for_a_restore() -> None:
    now = changed(BEFORE, "management_server/services/Manager/state", "stopped")
    assert plan(changed(now, "database_server/database/records", 250))["steps"] == ["start_services"]


@pytest.mark.parametrize(
    ("servers", "steps"),
    [
        (
            ["database_server"],
            ["stop_services", "install_on_database_server", "stop_services", "restore_database", "start_services"],
        ),
        (["management_server"], WITH_MANAGEMENT),
        (["management_server", "database_server"], ORDER),
    ],
)
def test_only_touched_servers_are_installed_again(servers: list[str], steps: list[str]) -> None:
    result = plan(touched(*servers))
    assert result["touched"] == servers
    assert result["restore"] is True
    assert result["steps"] == steps


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("product/version", "10-10", "version is 10-10 instead of 10-00"),
        ("product/version", "", "version is missing instead of 10-00"),
        ("product/install_folder", "D:\\x", "install folder is D:\\x"),
        ("program_files", {}, "2 missing program files"),
        ("program_files/C:\\bin\\a.exe", "9:9", "1 altered program files (C:\\bin\\a.exe)"),
        ("program_files/C:\\bin\\new.exe", "9:9", "1 additional program files (C:\\bin\\new.exe)"),
    ],
)
@pytest.mark.parametrize("server", ["management_server", "database_server"])
def test_a_half_done_installation_has_touched_its_server(server: str, path: str, value: Any, told: str) -> None:
    now = changed(BEFORE, f"{server}/{path}", value)
    result = plan(now)
    assert result["touched"] == [server]
    assert any(told in reason for reason in result["reasons"])
    assert result["reasons"][0].startswith(now[server]["host"])


def test_an_upgraded_schema_alone_is_restored_without_an_installation() -> None:
    result = plan(changed(BEFORE, "database_server/database/schema", "10-10"))
    assert result["touched"] == []
    assert result["restore"] is True
    assert result["steps"] == ["stop_services", "stop_services", "restore_database", "start_services"]
    assert "10-10" in result["reasons"][0]


@pytest.mark.parametrize(("found", "begun"), [(100, False), (0, False), (None, True)])
def test_missing_records_are_restored(found: int | None, begun: bool) -> None:
    result = plan(changed(BEFORE, "database_server/database/records", found), installation_begun=begun)
    assert result["restore"] is True
    assert "restore_database" in result["steps"]
    assert f"JP1DB01: the database holds {found} records instead of 200" in result["reasons"]


def test_a_database_that_does_not_answer_is_not_restored_before_an_installation() -> None:
    silent = changed(BEFORE, "database_server/database", {"records": None, "schema": None, "damaged": None})
    assert (plan(silent)["restore"], plan(silent)["steps"]) == (False, ["start_services"])
    assert plan(silent, restore_due=True)["restore"] is True
    assert plan(silent, installation_begun=True)["restore"] is True
    assert plan(changed(silent, "database_server/database/damaged", True))["restore"] is True


@pytest.mark.parametrize(("found", "restore"), [(195, False), (198, False), (194, True), (None, False)])
def test_a_second_rollback_expects_what_the_first_one_has_left(found: int | None, restore: bool) -> None:
    """The backup may have held fewer records than there were before, and the product removes old ones."""
    now = changed(BEFORE, "database_server/database", {"records": found, "schema": found and "10-00", "damaged": None})
    assert plan(now, records_expected=195)["restore"] is restore


def test_a_second_rollback_expects_nothing_where_the_first_one_left_what_can_not_be_counted() -> None:
    assert plan(changed(BEFORE, "database_server/database/records", 3), records_expected=None)["restore"] is False


def test_what_an_earlier_rollback_did_not_finish_is_due_however_equal_the_rest_looks() -> None:
    result = plan(copy.deepcopy(BEFORE), restore_due=True, license_due=True)
    assert result["restore"] is True
    assert result["license"] is True
    assert {"restore_database", *LICENSE_STEPS} <= set(result["steps"])
    assert "not finished" in result["reasons"][0]
    assert plan(copy.deepcopy(BEFORE), restore_due=False, license_due=False)["steps"] == ["start_services"]


@pytest.mark.parametrize("state", ["running", "failed", "unknown"])
def test_a_step_that_an_earlier_rollback_has_begun_is_taken_again(state: str) -> None:
    begun = plan(BEFORE, steps={name: {"state": state} for name in ("rollback.install_on_database_server", "install_on_management_server")})
    assert (begun["steps"], begun["touched"]) == (["install_on_database_server", "start_services"], [])


@pytest.mark.parametrize("state", ["done", "rolled_back"])
def test_a_step_whose_end_was_seen_is_not(state: str) -> None:
    assert plan(BEFORE, steps={"rollback.install_on_database_server": {"state": state}})["steps"] == ["start_services"]


def test_a_database_that_shows_nothing_is_restored_once_installations_were_begun() -> None:
    before = changed(BEFORE, "database_server/database", {"records": None, "schema": None})
    result = plan(copy.deepcopy(before), before, installation_begun=True)
    assert result["restore"] is True
    assert result["reasons"] == ["JP1DB01: installations were begun, and the database does not show whether it was changed"]


def test_a_database_that_says_that_it_is_damaged_is_restored_and_named() -> None:
    now = changed(BEFORE, "database_server/database/damaged", True)
    result = plan(now)
    assert result["restore"] is True
    assert result["reasons"] == ["JP1DB01: the database says that it is damaged"]
    assert state_differences(BEFORE, now) == result["reasons"]


def test_a_database_that_said_so_before_is_no_difference() -> None:
    before = changed(BEFORE, "database_server/database/damaged", True)
    assert plan(copy.deepcopy(before), before)["restore"] is False
    assert state_differences(before, copy.deepcopy(before)) == []


def test_records_that_can_not_be_counted_are_no_reason() -> None:
    before = changed(BEFORE, "database_server/database", {"records": None, "schema": None})
    assert plan(copy.deepcopy(before), before)["restore"] is False


def test_a_lost_licence_alone_is_registered_again() -> None:
    result = plan(changed(BEFORE, "management_server/license_registered", False))
    assert result["restore"] is False
    assert result["steps"] == [*LICENSE_STEPS, "start_services"]


def test_a_licence_that_was_never_there_is_not_registered() -> None:
    before = changed(BEFORE, "management_server/license_registered", False)
    now = changed(touched("management_server"), "management_server/license_registered", False)
    for state in (copy.deepcopy(before), now):
        assert not set(LICENSE_STEPS) & set(plan(state, before)["steps"])


def test_a_licence_that_nobody_can_see_is_registered_after_an_installation() -> None:
    before = changed(BEFORE, "management_server/license_registered", None)
    now = changed(touched("management_server"), "management_server/license_registered", None)
    assert set(LICENSE_STEPS) <= set(plan(now, before)["steps"])
    assert not set(LICENSE_STEPS) & set(plan(copy.deepcopy(before), before)["steps"])


@given(st.permutations(sorted(set(ORDER))), st.sets(st.sampled_from(["management_server", "database_server"])))
def test_the_steps_keep_the_order_of_the_profile(order: list[str], servers: set[str]) -> None:
    steps = plan(touched(*servers), order=order)["steps"]
    assert steps == [step for step in order if step in steps]


# Random states

versions = st.sampled_from(["", "09-51", "10-00", "10-10"])
counts = st.none() | st.integers(min_value=0, max_value=999)


@st.composite
def states(draw: st.DrawFn) -> State:
    state = system_state(draw(versions))
    for server in state.values():
        for service in server["services"].values():
            service["state"] = draw(st.sampled_from(["running", "stopped"]))
        server["program_files"] = draw(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]), max_size=3))
        server["license_registered"] = draw(st.sampled_from([True, False, None]))
    state["database_server"]["database"] = {"records": draw(counts), "schema": draw(st.none() | versions)}
    return state


@given(states(), counts)
def test_the_plan_for_equal_states_touches_nothing(state: State, at_stop: int | None) -> None:
    result = plan(copy.deepcopy(state), state, records_at_stop=at_stop)
    assert result["touched"] == []
    assert result["reasons"] == []
    assert result["restore"] is False
    assert set(result["steps"]) <= {"start_services"}


@given(states(), states())
def test_equal_states_and_only_they_have_no_differences(before: State, now: State) -> None:
    assert state_differences(before, copy.deepcopy(before)) == []
    records = (before["database_server"]["database"]["records"], now["database_server"]["database"]["records"])
    later = changed(now, "database_server/database/records", records[0])
    assert (state_differences(before, later) == []) == (before == later)


@given(states(), states())
def test_what_is_planned_is_what_differs(before: State, now: State) -> None:
    result = plan(now, before)
    for server, step in (
        ("management_server", "install_on_management_server"),
        ("database_server", "install_on_database_server"),
    ):
        differ = bool(programs_differ(before[server], now[server]))
        assert (server in result["touched"]) == differ
        assert (step in result["steps"]) == differ
    assert ("restore_database" in result["steps"]) == result["restore"]
    assert result["restore"] == bool(result["reasons"])
    if result["restore"] or result["touched"]:
        assert state_differences(before, now)


@given(states(), states())
def test_states_are_only_read(before: State, now: State) -> None:
    copies = copy.deepcopy((before, now))
    plan(now, before)
    state_differences(before, now)
    assert (before, now) == copies


# What is compared


def test_a_run_that_noted_no_settings_can_be_compared() -> None:
    before = copy.deepcopy(BEFORE)
    del before["management_server"]["settings"]
    assert state_differences(before, BEFORE) == []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("management_server/services/Web/state", "stopped", "service Web is stopped instead of running"),
        ("management_server/services/Web/start_type", "manual", "service Web has start type manual instead of auto"),
        ("management_server/services", {}, "service Web is missing"),
        ("management_server/services/New", {"state": "running", "start_type": "auto"}, "New was not there before"),
        ("management_server/settings", {}, r"the settings in C:\conf\product.ini are not those of before"),
        ("database_server/settings", {r"C:\conf\product.ini": None}, r"the settings in C:\conf\product.ini are not those of before"),
        ("management_server/license_registered", False, "licence registered is False instead of True"),
        ("management_server/license_registered", None, "licence registered is None instead of True"),
        ("database_server/database/schema", "10-10", "schema is 10-10 instead of 10-00"),
        ("database_server/database/records", 199, "holds 199 records instead of 200"),
        ("database_server/database/records", None, "does not tell its 200 records; see why it does not answer"),
        ("database_server/product/version", "10-10", "version is 10-10 instead of 10-00"),
    ],
)
def test_every_difference_is_a_sentence_with_its_host(path: str, value: Any, told: str) -> None:
    now = changed(BEFORE, path, value)
    differences = state_differences(BEFORE, now)
    assert any(told in text for text in differences)
    assert all(text.startswith(now[path.split("/")[0]]["host"] + ": ") for text in differences)


@pytest.mark.parametrize(
    ("restored", "found", "differs"),
    [
        (None, 200, False),
        (None, 300, False),
        (None, 199, True),
        (210, 210, False),
        (210, 215, False),
        (210, 209, True),
        ("210", 209, True),
        (190, 190, False),
        ("", 199, True),
    ],
)
def test_records_are_compared_with_the_backup_that_was_restored(restored: Any, found: int, differs: bool) -> None:
    now = changed(BEFORE, "database_server/database/records", found)
    assert bool(state_differences(BEFORE, now, restored)) == differs


# Records


@pytest.mark.parametrize(
    ("at_stop", "counted", "expected"),
    [(200, 205, 5), (200, 200, 0), (200, 150, 0), ("200", 205, 5), (None, 205, None), ("", 205, None), (200, None, None)],
)
def test_new_records_are_counted_from_the_stop(at_stop: Any, counted: int | None, expected: int | None) -> None:
    now = changed(touched("management_server"), "database_server/database/records", counted)
    assert plan(now, records_at_stop=at_stop)["new_records"] == expected


def test_the_old_management_server_accepts_no_new_records() -> None:
    now = changed(touched("database_server"), "database_server/database/records", 500)
    assert plan(now, records_at_stop=200)["new_records"] == 0


@pytest.mark.parametrize(("state", "expected"), [("pending", 0), ("running", 300), ("done", 300), ("failed", 300), ("unknown", 300)])
def test_what_was_started_may_have_accepted_records_whatever_version_is_seen(state: str, expected: int) -> None:
    now = changed(touched("database_server"), "database_server/database/records", 500)
    assert plan(now, records_at_stop=200, steps={"start": {"state": state}})["new_records"] == expected


@pytest.mark.parametrize(
    ("value", "count"), [(5, 5), ("5", 5), ("0", 0), (None, None), ("", None), ("None", None), ("x", None), ("²", None)]
)
def test_a_count_survives_a_template(value: Any, count: int | None) -> None:
    assert as_count(value) == count


@pytest.mark.parametrize(
    ("backed_up", "counts", "lost"),
    [
        (200, [205], 5),
        (200, [205, 230], 30),
        (200, [205, None], 5),
        (200, [190], 0),
        (None, [205], None),
        (200, [None, ""], None),
        ("200", ["205"], 5),
    ],
)
def test_lost_is_what_was_counted_after_the_backup(backed_up: Any, counts: list[Any], lost: int | None) -> None:
    assert records_lost(backed_up, counts) == lost
