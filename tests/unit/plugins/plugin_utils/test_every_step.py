# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every step of the procedure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    CommandError,
    ConnectionLostError,
    OperatorNeededError,
    OptionError,
    TimeLimitError,
    UnknownOutcomeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import Process
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import (
    VerifyBackup,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager, manual
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import (
    BACKUP,
    WITH_PROGRAM,
    WITHOUT_PROGRAM,
    Scenario,
    back_up,
    did_work,
    for_every,
    run,
)


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_check_mode_touches_nothing(scenario: Scenario, world: FakeManager) -> None:
    before = world.picture()
    result = run(scenario.make(world.product()), check_mode=True)
    assert world.picture() == before
    assert did_work(world) == []
    assert result["changed"] is True
    assert result["executed"] is False
    assert result["after"] == result["before"]


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_a_second_run_changes_nothing(scenario: Scenario, world: FakeManager) -> None:
    first = run(scenario.make(world.product()))
    assert first["changed"] is True
    assert first["executed"] is True
    done = world.picture()
    world.ran.clear()
    second = run(scenario.make(world.product()))
    assert second["changed"] is False
    assert second["executed"] is False
    assert did_work(world) == []
    assert world.picture() == done


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_what_is_done_is_only_looked_at_in_check_mode_too(scenario: Scenario, world: FakeManager) -> None:
    run(scenario.make(world.product()))
    assert run(scenario.make(world.product()), check_mode=True)["changed"] is False


@for_every(*WITH_PROGRAM)
def test_a_program_that_fails_is_a_command_failure_after_execution(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(exit_code=77)
    with pytest.raises(CommandError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == "exit_code"
    assert "77" in caught.value.message
    assert caught.value.evidence["executed"] is True
    assert caught.value.evidence["exit_code"] == 77
    assert caught.value.evidence["elapsed"] >= 0


@for_every(*WITH_PROGRAM)
def test_success_is_asked_of_the_server_and_not_of_the_program(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(exit_code=0)
    with pytest.raises((VerificationError, BackupRejectedError)) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == scenario.ineffective
    assert caught.value.evidence["executed"] is True


UNKNOWN = {
    "answer lost": ConnectionLostError("Gone.", code="answer_lost"),
    "job lost": UnknownOutcomeError("Gone.", code="job_lost", evidence={"restarted": True}),
}


@for_every(*WITH_PROGRAM)
@pytest.mark.parametrize("error", UNKNOWN)
@pytest.mark.parametrize("effect", [True, False])
def test_after_an_unknown_outcome_only_what_is_not_done_is_done_again(
    scenario: Scenario, world: FakeManager, error: str, effect: bool
) -> None:
    world.faults[scenario.program] = Fault(effect=effect, error=UNKNOWN[error], times=1)
    result = run(scenario.make(world.product()))
    assert result["evidence"]["interrupted"]["code"] == UNKNOWN[error].code
    # a backup without its manifest and a restore without its mark are not proven, so that they are repeated
    again = not effect or scenario.action in ("backup", "restore")
    assert did_work(world).count(scenario.program) - (scenario.name == "install old version") == (2 if again else 1)
    assert run(scenario.make(world.product()))["changed"] is False


@for_every(*WITH_PROGRAM)
def test_an_outcome_that_stays_unknown_is_told(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(error=ConnectionLostError("Gone.", code="answer_lost"))
    with pytest.raises(ConnectionLostError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.evidence["executed"] is True
    assert len(did_work(world)) == 2
    world.faults.clear()
    run(scenario.make(world.product()))
    assert run(scenario.make(world.product()))["changed"] is False


@for_every(*WITH_PROGRAM)
@pytest.mark.parametrize("code", ["unreachable", "controller_gone", "wrong_credentials"])
def test_a_server_that_stays_away_is_not_asked_again(scenario: Scenario, world: FakeManager, code: str) -> None:
    world.faults[scenario.program] = Fault(effect=True, error=ConnectionLostError("Gone.", code=code))
    with pytest.raises(ConnectionLostError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == code
    assert len(did_work(world)) == 1


@for_every(*WITH_PROGRAM)
def test_a_program_that_runs_on_is_waited_for_before_the_next_look(
    scenario: Scenario, world: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    program = f"{scenario.program}.exe".replace("setup.exe", "SETUP.EXE").replace("jdmSETUP.EXE", "jdmsetup.exe")
    answers = iter([[Process(program, 7)], [Process(program, 7)], []])
    monkeypatch.setattr(world, "_running_processes", lambda names: next(answers, []) if program in names and did_work(world) else [])
    world.faults[scenario.program] = Fault(effect=True, error=ConnectionLostError("Gone.", code="answer_lost"), times=1)
    run(scenario.make(world.product()))
    assert sum(no_waiting) >= 4
    assert next(answers, None) is None


@for_every(*WITH_PROGRAM)
def test_a_program_that_runs_for_too_long_is_not_started_again(
    scenario: Scenario, world: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    monkeypatch.setattr(world, "_running_processes", lambda names: [Process(names[0], 7)] if did_work(world) else [])
    world.faults[scenario.program] = Fault(error=ConnectionLostError("Gone.", code="answer_lost"))
    with pytest.raises(TimeLimitError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == "time_limit"
    assert len(did_work(world)) == 1


def by_hand(scenario: Scenario) -> dict[str, Any]:
    return manual(scenario.action) | (manual("uninstall") if scenario.action == "install" else {})


@for_every(*WITH_PROGRAM)
def test_what_the_profile_leaves_to_a_person_is_asked_for(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(**by_hand(scenario))
    with pytest.raises(OperatorNeededError, match="by hand") as caught:
        run(scenario.make(product))
    assert caught.value.code == "manual_step"
    assert ("confirm" in caught.value.evidence) is not product.shows(scenario.action)
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_what_a_person_has_done_is_verified(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(confirmed=["install", "uninstall", scenario.action], **by_hand(scenario))
    scenario.by_hand(world)
    run(scenario.make(product))
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_a_confirmation_is_not_believed(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(confirmed=["install", "uninstall", scenario.action], **by_hand(scenario))
    with pytest.raises((OperatorNeededError, VerificationError, BackupRejectedError)) as caught:
        run(scenario.make(product))
    assert caught.value.code == ("manual_step" if product.shows(scenario.action) else scenario.ineffective)
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_an_action_without_a_method_is_refused_by_its_field(scenario: Scenario, world: FakeManager) -> None:
    overrides = {f"{scenario.action}__method": "none", "uninstall__method": "none"}
    with pytest.raises(OptionError, match=r"\.method is none") as caught:
        run(scenario.make(world.product(**overrides)))
    assert caught.value.code == "no_method"
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_secrets_go_by_standard_input_only(scenario: Scenario, world: FakeManager) -> None:
    run(scenario.make(world.product()))
    words = [word for command in world.ran for word in command]
    assert not any("correct horse" in word or "battery-staple" in word for word in words)
    files = b"".join(world.files.values())
    assert b"correct horse" not in files
    assert b"battery-staple" not in files


def test_a_backup_that_was_proven_needs_no_change(database_server: FakeManager) -> None:
    back_up(database_server)
    before = database_server.picture()
    result = run(VerifyBackup(database_server.product(), BACKUP, "run1"))
    assert result["changed"] is False
    assert result["before"]["manifest"]["records"] == 200
    assert database_server.picture() == before
