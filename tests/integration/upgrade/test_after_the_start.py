# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The new version's services have accepted records before something fails: a person decides."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import NEW, System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back


@pytest.mark.slow  # the role's order of calls has quick tests
def test_a_person_decides_about_new_records(system: System, run: Playbooks) -> None:
    before = system.look()
    system.fault(system.manager, "program:startservice", kind="fail", when="after", exit_code=12, version=NEW)
    failed = run("upgrade", start_by_installer=False).assert_end("NEEDS_OPERATOR")
    command = failed.result["next_command"]
    assert "rollback.yml" in command and "upgrade_rollback_after_start=true" in command
    assert failed.last_line.endswith(command)
    assert system.look().versions == (NEW, NEW)
    system.assert_nothing_lost(before)

    back = run.command(command)
    assert_rolled_back(system, before, back, requested=True)
    assert back.result["records"]["lost"] > failed.result["records"]["at_risk"]


@pytest.mark.slow
def test_records_that_come_in_while_the_rollback_begins_are_asked_for(system: System, run: Playbooks) -> None:
    """The start was given up and goes on by itself: behind the rollback's first look, and before it has stopped the services."""
    before = system.look()
    system.fault(system.manager, "program:startservice", kind="hang", when="middle", seconds=40, version=NEW, count=1)
    system.fault(system.manager, "program:stopservice", kind="slow", when="before", seconds=25, version=NEW)
    failed = run("upgrade", start_by_installer=False, profile_overrides={"start_services.time_limit": 15}).assert_end("NEEDS_OPERATOR")
    assert "They are stopped now; start them again by upgrade.yml, or go back all the same." in failed.last_line
    assert "upgrade_rollback_after_start=true" in failed.result["next_command"]
    system.assert_nothing_lost(before)

    system.clear_faults()
    run("upgrade", start_by_installer=False).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)


@pytest.mark.slow
def test_the_operation_window_does_not_come_up(system: System, run: Playbooks) -> None:
    before = system.look()
    system.fault(system.manager, "service:JP1_ITDM_Web", start="fail", exit_code=7)
    failed = run("upgrade").assert_end("NEEDS_OPERATOR")
    assert "startservice.exe ended with exit code 12" in failed.last_line
    system.assert_nothing_lost(before)
    system.clear_faults()
    assert_rolled_back(system, before, run.command(failed.result["next_command"]), requested=True)


@pytest.mark.slow
def test_it_is_rolled_back_when_the_user_said_so_before(system: System, run: Playbooks) -> None:
    before = system.look()
    system.fault(system.manager, "program:startservice", kind="fail", when="after", exit_code=12, version=NEW)
    assert_rolled_back(system, before, run("upgrade", start_by_installer=False, rollback_after_start=True))
