# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step fails before, in the middle of or after its effect: the run goes back, and says truly what was lost."""

from __future__ import annotations

import re

import pytest

from tests.integration.lab_system import NEW, OLD, Picture, System, records_in
from tests.integration.upgrade.ansible_runs import Playbooks, Run

KEEP_NEW_VERSION = {"rollback.remove_new_version_first": False}
SLOW = pytest.mark.slow


def assert_rolled_back(system: System, before: Picture, run: Run, *, requested: bool = False) -> None:
    """Both servers are as before, and what is lost is what the lab counts.

    :param requested: whether the rollback was what the user asked for; then it is no failure.
    """
    run.assert_end("ROLLED_BACK", green=requested)
    system.assert_healthy(OLD)
    records = run.result["records"]
    system.assert_lost(before, records["lost"])
    folder = str(run.result["backup_folder"][3:]).replace("\\", "/")
    backed_up = records_in(system.read(system.database, f"{folder}/database/records.dat"))
    assert len(backed_up) == records["in_backup"]
    # The database is the backup, and what was accepted since.
    now = system.look().records
    accepted = system.accepted()
    assert now[: len(backed_up)] == backed_up
    since = now[len(backed_up) :]
    assert since == [identity for identity in accepted if identity in since]


def fail(system: System, program: str, when: str) -> None:
    """Make a step of the new version fail."""
    host = {"installer on the management server": system.manager}.get(program, system.database)
    name = "setup" if program == "Setup" else "installer"
    system.fault(host, f"program:{name}", kind="fail", when=when, exit_code=3, version=NEW)


@pytest.mark.parametrize(
    ("program", "when"),
    [
        pytest.param("installer on the management server", "before", marks=SLOW),
        ("installer on the management server", "middle"),
        ("installer on the management server", "after"),
        pytest.param("installer on the database server", "middle"),
        pytest.param("installer on the database server", "after", marks=SLOW),
        pytest.param("Setup", "before", marks=SLOW),
        pytest.param("Setup", "middle"),
        pytest.param("Setup", "after", marks=SLOW),
    ],
)
def test_a_failing_step(system: System, run: Playbooks, program: str, when: str) -> None:
    before = system.look()
    fail(system, program, when)
    back = run("upgrade", commit=True)
    assert_rolled_back(system, before, back)
    assert back.result["next_command"].startswith("ansible-playbook ")
    if when == "middle":
        system.clear_faults()
        run.command(back.result["next_command"]).assert_end("SUCCEEDED")
        system.assert_healthy(NEW)


def test_nothing_is_restored_when_nothing_was_touched(system: System, run: Playbooks) -> None:
    """A restore would throw the records away that arrived after the backup."""
    before = system.look()
    fail(system, "installer on the database server", "before")
    back = run("upgrade").assert_end("ROLLED_BACK")
    assert back.result["records"]["lost"] == 0
    assert system.assert_healthy(OLD).manager["programs"] == before.manager["programs"]
    system.assert_nothing_lost(before)
    assert system.lab.wire_log(system.database) and not [
        entry for entry in system.lab.wire_log(system.database) if re.search(r"importdb\.exe\"? /f", entry.get("command") or "")
    ]


@pytest.mark.parametrize("when", [pytest.param("middle", marks=SLOW), "after"])
def test_the_old_version_over_the_new_one(system: System, run: Playbooks, when: str) -> None:
    """Where the product permits it, nothing is removed first."""
    before = system.look()
    for host in (system.manager, system.database):
        system.fault(host, "product", seconds=0, allow_downgrade=1)
    fail(system, "installer on the management server", when)
    assert_rolled_back(system, before, run("upgrade", profile_overrides=KEEP_NEW_VERSION))
    for host in (system.manager, system.database):
        assert not [entry for entry in system.lab.wire_log(host) if "SETUP.EXE /u" in (entry.get("command") or "")]


@pytest.mark.slow
def test_a_start_that_does_nothing_is_rolled_back(system: System, run: Playbooks) -> None:
    """No new service ran, so no record can have been accepted, and nobody has to be asked."""
    before = system.look()
    system.fault(system.manager, "program:startservice", kind="nothing", version=NEW)
    assert_rolled_back(system, before, run("upgrade", start_by_installer=False))
