# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    OptionError,
    PreconditionError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._control_services import ControlServices
from ansible_collections.jp1.itdm.plugins.plugin_utils._register_license import RegisterLicense
from ansible_collections.jp1.itdm.plugins.plugin_utils._setup_database import SetUpDatabase
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import BIN, FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import did_work, run, stop_all


def control(world: FakeManager, state: str, purpose: str = "operation", **overrides: Any) -> ControlServices:
    return ControlServices(world.product(**overrides), state, purpose)


def states(world: FakeManager) -> dict[str, str]:
    return {name: service.state for name, service in world.service_list.items()}


# Services


@pytest.mark.usefixtures("no_waiting")
def test_services_are_stopped_in_the_reverse_of_their_start_order(management_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for verb, state in (("start", "running"), ("stop", "stopped")):

        def act(name: str, limit: float, verb: str = verb, state: str = state) -> None:
            asked.append(f"{verb} {name}")
            assert limit == 5
            management_server.set_state(state, name)

        monkeypatch.setattr(management_server, f"{verb}_service", act)
    by_services = {"stop_services__method": "services", "start_services__method": "services"}
    assert run(control(management_server, "stopped", **by_services))["evidence"]["by"] == "service control manager"
    run(control(management_server, "started", **by_services))
    assert asked == ["stop Manager", "stop Web", "start Web", "start Manager"]


def test_a_stop_program_that_is_gone_is_not_needed(management_server: FakeManager) -> None:
    management_server.remove_file(BIN + r"\stopservice.exe")
    assert run(control(management_server, "stopped"))["evidence"]["by"] == "service control manager"
    assert set(states(management_server).values()) == {"stopped"}


def test_a_stop_program_outside_of_the_product_needs_no_path(management_server: FakeManager) -> None:
    management_server.files["stopservice.exe"] = b""  # as if it were found in the search path
    step = control(management_server, "stopped", stop_services__argv=["stopservice.exe"])
    assert run(step)["evidence"]["exit_code"] == 0
    assert set(states(management_server).values()) == {"stopped"}


def test_the_database_servers_services_have_no_program(database_server: FakeManager) -> None:
    run(control(database_server, "stopped"))
    assert states(database_server) == {"Database": "stopped"}
    assert did_work(database_server) == []


def test_a_manual_service_need_not_run_but_must_stop(management_server: FakeManager) -> None:
    management_server.add_service("Web", "stopped", "manual")
    assert run(control(management_server, "started"))["changed"] is False
    management_server.add_service("Web", "running", "manual")
    assert run(control(management_server, "stopped"))["changed"] is True
    assert states(management_server)["Web"] == "stopped"


@pytest.mark.parametrize("purpose", ["operation", "license_registration"])
def test_services_that_can_not_be_found_can_not_be_started(management_server: FakeManager, purpose: str) -> None:
    management_server.service_list.clear()
    with pytest.raises(PreconditionError) as caught:
        run(control(management_server, "started", purpose))
    assert caught.value.code == "services_unknown"
    field = "services.management_server" if purpose == "operation" else "services.for_license"
    assert field in caught.value.remedy
    assert did_work(management_server) == []


def test_nothing_is_there_to_be_stopped(management_server: FakeManager) -> None:
    management_server.service_list.clear()
    assert run(control(management_server, "stopped"))["changed"] is False


def test_an_empty_list_of_services_is_nothing_to_stop(database_server: FakeManager) -> None:
    step = control(database_server, "stopped", "installation", services__stop_before_database_install=[])
    assert run(step)["changed"] is False
    assert states(database_server) == {"Database": "running"}


def test_services_are_not_started_for_an_installation(management_server: FakeManager) -> None:
    with pytest.raises(OptionError, match="installation"):
        control(management_server, "started", "installation")


def test_a_service_that_takes_its_time_is_waited_for(
    management_server: FakeManager, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(arguments: list[str], stdin: str) -> tuple[int, str]:
        management_server.set_state("stop_pending", "Web", "Manager")
        return 0, ""

    def pause(seconds: float) -> None:
        no_waiting.append(seconds)
        if len(no_waiting) == 3:
            stop_all(management_server)

    monkeypatch.setattr(time, "sleep", pause)
    management_server.programs["stopservice"] = slowly
    run(control(management_server, "stopped"))
    assert len(no_waiting) == 3


def test_a_service_that_never_gets_there_ends_the_wait(management_server: FakeManager, no_waiting: list[float]) -> None:
    def never(arguments: list[str], stdin: str) -> tuple[int, str]:
        management_server.set_state("stop_pending", "Web", "Manager")
        return 0, ""

    management_server.programs["stopservice"] = never
    with pytest.raises(VerificationError, match="service Web is stop_pending") as caught:
        run(control(management_server, "stopped"))
    assert caught.value.code == "services_not_stopped"
    assert caught.value.evidence["services"]["Web"]["state"] == "stop_pending"
    assert 5 < sum(no_waiting) < 10


def test_a_service_that_settled_in_the_wrong_state_is_not_waited_for(management_server: FakeManager, no_waiting: list[float]) -> None:
    stop_all(management_server)
    management_server.licensed = False
    with pytest.raises(VerificationError, match="service Manager is stopped"):
        run(control(management_server, "started", start_services__accepted_exit_codes=[0, 8]))
    assert no_waiting == []


def test_services_that_vanish_are_a_failure_that_names_them(management_server: FakeManager) -> None:
    def vanish(arguments: list[str], stdin: str) -> tuple[int, str]:
        management_server.service_list.clear()
        return 0, ""

    management_server.programs["stopservice"] = vanish
    with pytest.raises(VerificationError, match="Web, Manager") as caught:
        run(control(management_server, "stopped"))
    assert caught.value.code == "services_not_stopped"


def test_without_a_licence_the_operation_window_is_started_for_it(management_server: FakeManager) -> None:
    stop_all(management_server)
    management_server.licensed = False
    run(control(management_server, "started", "license_registration"))
    assert states(management_server) == {"Web": "running", "Manager": "stopped"}


# Setup


def test_the_database_is_not_upgraded_before_the_program(database_server: FakeManager) -> None:
    with pytest.raises(PreconditionError) as caught:
        run(SetUpDatabase(database_server.product(), "10-10"))
    assert caught.value.code == "not_upgraded_yet"
    assert did_work(database_server) == []
    result = run(SetUpDatabase(database_server.product(), "10-10"), check_mode=True)
    assert len(result["not_evaluated"]) == 1


def test_setup_may_lose_no_record(database_server: FakeManager) -> None:
    def lose(arguments: list[str], stdin: str) -> tuple[int, str]:
        database_server.schema, database_server.records = "10-10", 199
        return 0, ""

    database_server.put_version("10-10")
    database_server.programs["jdmsetup"] = lose
    with pytest.raises(VerificationError, match="199 records instead of 200") as caught:
        run(SetUpDatabase(database_server.product(), "10-10"))
    assert caught.value.code == "records_missing"


def test_a_setup_that_was_interrupted_is_run_again(database_server: FakeManager) -> None:
    """The schema may be the new one before all records are."""
    database_server.put_version("10-10")
    database_server.schema, database_server.damaged = "10-10", True
    result = run(SetUpDatabase(database_server.product(), "10-10"))
    assert (result["changed"], result["before"]["damaged"], result["after"]["damaged"]) == (True, True, False)


def test_setup_may_not_leave_a_damaged_database(database_server: FakeManager) -> None:
    def half(arguments: list[str], stdin: str) -> tuple[int, str]:
        database_server.schema, database_server.damaged = "10-10", True
        return 0, ""

    database_server.put_version("10-10")
    database_server.programs["jdmsetup"] = half
    with pytest.raises(VerificationError) as caught:
        run(SetUpDatabase(database_server.product(), "10-10"))
    assert (caught.value.code, caught.value.evidence["damaged"]) == ("database_damaged", True)


def test_a_schema_that_setup_does_not_raise_is_accepted_where_the_profile_says_so(database_server: FakeManager) -> None:
    database_server.put_version("10-10")
    database_server.faults["jdmsetup"] = Fault(exit_code=0)
    run(SetUpDatabase(database_server.product(setup_database__upgrades_schema=False), "10-10"))


def test_what_the_profile_can_not_tell_is_not_held_against_setup(database_server: FakeManager) -> None:
    database_server.put_version("10-10")
    result = run(SetUpDatabase(database_server.product(database_status__method="none"), "10-10"))
    assert result["after"] == {"records": None, "schema": None, "damaged": None}
    assert database_server.schema == "10-10"


def test_setup_refuses_a_version_in_another_format(database_server: FakeManager) -> None:
    with pytest.raises(OptionError, match=r"10\.10"):
        SetUpDatabase(database_server.product(), "10.10")


# The licence


def test_the_licence_is_registered_only_while_its_services_run(management_server: FakeManager) -> None:
    management_server.licensed = False
    stop_all(management_server)
    with pytest.raises(PreconditionError, match="Web") as caught:
        run(RegisterLicense(management_server.product(), ""))
    assert caught.value.code == "services_stopped"
    assert did_work(management_server) == []
    assert len(run(RegisterLicense(management_server.product(), ""), check_mode=True)["not_evaluated"]) == 1


def test_a_licence_file_is_passed_on(management_server: FakeManager) -> None:
    management_server.licensed = False
    overrides = {"register_license__argv": [BIN + r"\licreg.exe", "{license_file}"]}
    run(RegisterLicense(management_server.product(**overrides), r"D:\JP1\key.txt"))
    assert [BIN + r"\licreg.exe", r"D:\JP1\key.txt"] in management_server.ran


def test_a_missing_licence_file_is_named_by_its_option(management_server: FakeManager) -> None:
    management_server.licensed = False
    overrides = {"register_license__argv": [BIN + r"\licreg.exe", "{license_file}"]}
    with pytest.raises(OptionError) as caught:
        run(RegisterLicense(management_server.product(**overrides), ""))
    assert "upgrade_license_file" in caught.value.remedy


def test_a_licence_that_nobody_can_see_is_taken_on_trust(management_server: FakeManager) -> None:
    management_server.licensed = False
    result = run(RegisterLicense(management_server.product(license_status__method="none"), ""))
    assert result["after"] == {"registered": None}
    assert management_server.licensed
