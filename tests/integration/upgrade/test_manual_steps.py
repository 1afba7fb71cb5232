# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the profile leaves a step to a person, the run waits for it and then goes on."""

from __future__ import annotations

import pytest

from tests.integration.lab.product_by_hand import Host
from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks


def by_hand(system: System, host: str, program: str, arguments: str, stdin: str = "") -> None:
    """What the person does, at the server."""
    person = Host(system.lab, host)
    try:
        assert person.call(program, arguments, stdin) == 0, person.last_output
    finally:
        person.close()


def test_setup_by_a_person(system: System, run: Playbooks) -> None:
    """What a person did is seen on the server."""
    before = system.look()
    manual = {"setup_database.method": "manual", "setup_database.instruction": "Start Setup on the server and upgrade the database."}
    waits = run("upgrade", profile_overrides=manual).assert_end("NEEDS_OPERATOR")
    assert "Start Setup on the server and upgrade the database." in waits.last_line
    assert "setup_database in upgrade_confirmed_steps" in waits.last_line
    assert system.look().versions == (OLD, NEW)

    again = run("upgrade", profile_overrides=manual, confirmed_steps=["setup_database"])
    assert again.result["end_state"] == "ROLLED_BACK", "a step that nobody has done is not taken for done"
    system.assert_healthy(OLD)

    run("upgrade", profile_overrides=manual).assert_end("NEEDS_OPERATOR")
    by_hand(system, system.database, "jdmsetup", "/s /upgradedb", system.lab.credentials.database_password)
    run("upgrade", profile_overrides=manual).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    assert set(before.records) <= set(system.look().records)


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
