# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier run has started and not seen the end of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    CommandError,
    ConnectionLostError,
    UnknownOutcomeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import Process
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import program_files
from ansible_collections.jp1.itdm.plugins.plugin_utils._install_manager import InstallManager
from ansible_collections.jp1.itdm.plugins.plugin_utils._product_programs import step_name
from ansible_collections.jp1.itdm.plugins.plugin_utils._setup_database import SetUpDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import MEDIA, FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import JOBS, Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import (
    WITH_PROGRAM,
    Scenario,
    did_work,
    for_every,
    new_version_stopped,
    run,
    stop_all,
)

DETACHED = [scenario for scenario in WITH_PROGRAM if scenario.action in ("backup", "restore", "install", "setup_database")]


def leave(world: FakeManager, scenario: Scenario, end: CommandResult | Exception | None, done: bool) -> Step:
    """Let an earlier run have left the step's program, whose work is done or not."""
    if done:
        scenario.by_hand(world)
    world.leave_job(f"run-{step_of(scenario)}", end)
    return scenario.make(world.product())


def step_of(scenario: Scenario) -> str:
    versions = {"install": "10-00" if scenario.name == "install old version" else "10-10", "setup_database": "10-10"}
    return step_name(scenario.action, versions.get(scenario.action, ""))


@for_every(*DETACHED)
def test_what_runs_already_is_waited_for_and_not_started(scenario: Scenario, world: FakeManager) -> None:
    result = run(leave(world, scenario, CommandResult(0, "", "", 1.0), done=True))
    assert result["changed"] is True
    assert result["evidence"]["taken_up"]["exit_code"] == 0
    assert did_work(world) == []
    assert world.jobs == {}


@for_every(*DETACHED)
def test_what_runs_already_in_a_shell_is_waited_for(
    scenario: Scenario, world: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    answers = iter([[Process("left.exe", 7)]] * 3)

    def processes(names: list[str]) -> list[Process]:
        assert not did_work(world)
        found = next(answers, [])
        if not found:
            scenario.by_hand(world)
        return found

    monkeypatch.setattr(world, "_running_processes", processes)
    product = world.product(**{f"{scenario.action}__run_in": "shell"})
    result = run(scenario.make(product))
    assert (next(answers, None), len(no_waiting)) == (None, 3)
    # what the server does not show is done again, behind it
    assert result["executed"] is not product.shows(scenario.action)


@for_every(*[scenario for scenario in DETACHED if scenario.action != "install"])
def test_a_strangers_installer_is_not_waited_for(scenario: Scenario, world: FakeManager, no_waiting: list[float]) -> None:
    world.processes.append("SETUP.EXE")
    assert run(scenario.make(world.product(**{f"{scenario.action}__run_in": "shell"})))["executed"] is True
    assert no_waiting == []


@for_every(*DETACHED)
@pytest.mark.parametrize("end", [CommandResult(7, "", "", 1.0), UnknownOutcomeError("lost", code="job_lost")], ids=["failed", "lost"])
def test_what_had_failed_or_is_lost_is_done_again(scenario: Scenario, world: FakeManager, end: CommandResult | Exception) -> None:
    result = run(leave(world, scenario, end, done=False))
    assert result["changed"] is True
    assert did_work(world) != []


@for_every(*DETACHED)
def test_a_detached_step_is_done_like_any_other(scenario: Scenario, world: FakeManager) -> None:
    result = run(scenario.make(world.product(**{f"{scenario.action}__run_in": "task"})))
    assert result["changed"] is True
    assert "taken_up" not in result["evidence"]
    assert did_work(world) != []


@for_every(*DETACHED)
def test_check_mode_waits_for_nothing(scenario: Scenario, world: FakeManager) -> None:
    step = leave(world, scenario, CommandResult(0, "", "", 1.0), done=False)
    run(step, check_mode=True)
    assert world.jobs != {}


@for_every(*DETACHED)
def test_what_was_never_started_is_removed(scenario: Scenario, world: FakeManager) -> None:
    result = run(leave(world, scenario, None, done=False))
    assert "taken_up" not in result["evidence"]
    assert not any(folder.startswith(f"{JOBS}\\") for folder in world.folders)


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_what_could_not_be_recorded_is_not_done_again(scenario: Scenario, world: FakeManager) -> None:
    """As where the program's own work has filled the disk."""
    product = world.product(**{f"{scenario.action}__run_in": "task"})

    def full(path: str) -> None:
        if path.endswith(".json"):
            raise CommandError("No space.", code="file_operation_failed")

    world.before_change = full
    with pytest.raises(CommandError, match="No space"):
        run(scenario.make(product))
    assert list(world.jobs) == [f"run-{step_of(scenario)}"]
    world.before_change = lambda path: None
    world.ran.clear()
    result = run(scenario.make(product))
    assert result["evidence"]["taken_up"]["exit_code"] == 0
    assert did_work(world) == []
    assert world.jobs == {}
    assert run(scenario.make(product))["changed"] is False


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_a_job_whose_end_was_recorded_already_is_removed(scenario: Scenario, world: FakeManager) -> None:
    """As where the controller was killed between the two."""
    run(scenario.make(world.product()))
    world.leave_job(f"run-{step_of(scenario)}", CommandResult(0, "", "", 1.0))
    world.ran.clear()
    run(scenario.make(world.product()))
    assert did_work(world) == []
    assert world.jobs == {}


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_a_program_without_an_effect_is_not_taken_up(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(**{f"{scenario.action}__run_in": "task"})
    world.faults[scenario.program] = Fault(exit_code=0, times=1)
    with pytest.raises((VerificationError, BackupRejectedError)):
        run(scenario.make(product))
    assert world.jobs == {}
    assert run(scenario.make(product))["executed"] is True


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_what_can_not_be_read_afterwards_is_done_again(scenario: Scenario, world: FakeManager) -> None:
    """As where the status program finds what was written unreadable: another try must not be about the same files."""
    product = world.product(**{f"{scenario.action}__run_in": "task"})
    step = scenario.make(product)

    def unreadable(seen: Seen) -> dict[str, Any]:
        raise CommandError("dbstat.exe ended with exit code 9.", code="exit_code")

    step.post_check = unreadable  # type: ignore[method-assign]  # one step only, whichever its class is
    with pytest.raises(CommandError):
        run(step)
    assert world.jobs == {}
    world.ran.clear()
    assert run(scenario.make(product))["executed"] is True
    assert did_work(world) != []


def test_a_result_from_before_a_later_installation_is_not_believed(database_server: FakeManager) -> None:
    stop_all(database_server)
    database_server.leave_job("run-install-10-10", CommandResult(0, "", "", 1.0))
    result = run(InstallManager(database_server.product(), "10-10", MEDIA + r"\10-10"))
    assert result["evidence"]["install"]["exit_code"] == 0
    assert database_server.version == "10-10"


def test_the_installation_of_another_version_is_waited_for_and_not_taken_for_this_one(database_server: FakeManager) -> None:
    """As when the way back begins while the new version's installer still runs."""
    world = database_server
    stop_all(world)
    files = program_files(world.product())
    world.put_version("10-10")
    world.leave_job("run-install-10-10", CommandResult(0, "", "", 1.0))
    world.leave_job("run-setup_database-10-10", CommandResult(0, "", "", 1.0))
    world.leave_job("other-install-10-00", CommandResult(0, "", "", 1.0))
    step = InstallManager(world.product(), "10-00", MEDIA + r"\10-00", expected_files=files, removal_media_folder=MEDIA + r"\10-10")
    result = run(step)
    assert result["executed"] is True
    assert "taken_up" not in result["evidence"]
    assert world.version == "10-00"
    assert set(world.jobs) == {"run-setup_database-10-10", "other-install-10-00"}


def test_setup_whose_effect_is_not_shown_is_taken_up_until_it_was_checked(database_server: FakeManager) -> None:
    """As where the profile can not tell the schema, and the connection breaks behind Setup's end."""
    world = database_server
    new_version_stopped(world)
    product = world.product(setup_database__run_in="task", database_status__schema="")
    step = SetUpDatabase(product, "10-10")

    def away(seen: Seen) -> dict[str, Any]:
        raise ConnectionLostError("Gone.", code="unreachable")

    step.post_check = away  # type: ignore[method-assign]  # one step only
    with pytest.raises(ConnectionLostError):
        run(step)
    assert list(world.jobs) == ["run-setup_database-10-10"]
    world.ran.clear()
    assert run(SetUpDatabase(product, "10-10"))["evidence"]["taken_up"]["exit_code"] == 0
    assert did_work(world) == []
    assert world.jobs == {}
