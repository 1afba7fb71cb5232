# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the profile leaves a step to a person, the run waits for it and then goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.lab.product_by_hand import Host
from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.integration.upgrade.inventories import Inventory


def by_hand(system: System, host: str, program: str, arguments: str, stdin: str = "") -> None:
    """What the person does, at the server."""
    person = Host(system.lab, host)
    try:
        assert person.call(program, arguments, stdin) == 0, person.last_output
    finally:
        person.close()


@pytest.mark.slow
def test_a_step_that_the_server_shows(system: System, run: Playbooks) -> None:
    """The next run sees by itself whether the person did it."""
    before = system.look()
    manual = {"setup_database.method": "manual", "setup_database.instruction": "Start Setup on the server and upgrade the database."}
    for _ in range(2):
        waits = run("upgrade", profile_overrides=manual).assert_end("NEEDS_OPERATOR")
        assert "Start Setup on the server and upgrade the database." in waits.last_line
        assert system.look().versions == (OLD, NEW)
    by_hand(system, system.database, "jdmsetup", "/s /upgradedb", system.lab.credentials.database_password)
    run("upgrade", profile_overrides=manual).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)


@pytest.mark.slow
def test_a_step_that_nobody_can_see(system: System, run: Playbooks, tmp_path: Path) -> None:
    """The person confirms it, with the command that the run has printed."""
    before = system.look()
    inventory = Inventory(run.inventory, tmp_path)
    inventory.variables["upgrade_profile_overrides"] = {
        "setup_database.method": "manual",
        "setup_database.instruction": "Start Setup.",
        "database_status.schema": "",
    }
    waits = Playbooks(system, inventory.write())("upgrade").assert_end("NEEDS_OPERATOR")
    by_hand(system, system.database, "jdmsetup", "/s /upgradedb", system.lab.credentials.database_password)
    assert "upgrade_confirmed_steps" in waits.result["next_command"]
    run.command(waits.result["next_command"]).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)


@pytest.mark.slow
def test_backup_by_a_person(system: System, run: Playbooks) -> None:
    """The person's backup gets a manifest and is proven like any other."""
    before = system.look()
    manual = {"backup.method": "manual", "backup.instruction": "Back the database up into {backup_folder}."}
    waits = run("upgrade", profile_overrides=manual).assert_end("NEEDS_OPERATOR")
    folder = waits.result["backup_folder"] + "\\database"
    assert f"Back the database up into {folder}." in waits.last_line
    system.assert_healthy(OLD)
    by_hand(system, system.database, "exportdb", f"/f {folder}", system.lab.credentials.database_password)
    done = run("upgrade", profile_overrides=manual, confirmed_steps=["backup"]).assert_end("SUCCEEDED")
    assert done.result["records"]["in_backup"] >= len(before.records)
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
