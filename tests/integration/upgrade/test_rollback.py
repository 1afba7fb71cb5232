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


def steps_started(system: System, host: str | None = None) -> list[str]:
    """The long steps that were started detached on a host, on both by default: the action and the version that it was for."""
    hosts = [host] if host else [system.manager, system.database]
    lines = [entry.get("command") or "" for name in hosts for entry in system.lab.wire_log(name) if entry.get("action") == "Command"]
    return re.findall(r'schtasks /create [^&]*-((?:backup|restore|install|uninstall|setup_database)[-0-9]*)"', "\n".join(lines))


def fail(system: System, program: str, when: str) -> None:
    """Make a step of the new version fail."""
    host = {"installer on the management server": system.manager}.get(program, system.database)
    name = "setup" if program == "Setup" else "installer"
    system.fault(host, f"program:{name}", kind="fail", when=when, exit_code=3, version=NEW)


@pytest.mark.parametrize(
    ("program", "when", "core"),
    [
        pytest.param("installer on the management server", "before", "newest", marks=SLOW),
        pytest.param("installer on the management server", "middle", "default", marks=SLOW),
        pytest.param("installer on the management server", "after", "default", marks=SLOW),
        pytest.param("installer on the database server", "middle", "oldest"),
        pytest.param("installer on the database server", "after", "default", marks=SLOW),
        pytest.param("Setup", "before", "default", marks=SLOW),
        pytest.param("Setup", "middle", "default", marks=SLOW),
        pytest.param("Setup", "after", "default", marks=SLOW),
    ],
)
def test_a_failing_step(system: System, run: Playbooks, program: str, when: str, core: str) -> None:
    before = system.look()
    fail(system, program, when)
    assert_rolled_back(system, before, run("upgrade", commit=True, core=core))


@SLOW
def test_the_printed_command_upgrades_after_all(system: System, run: Playbooks) -> None:
    """When the fault is gone, nothing of the failed run is in the way."""
    before = system.look()
    fail(system, "installer on the management server", "middle")
    back = run("upgrade")
    assert_rolled_back(system, before, back)
    command = back.result["next_command"]
    assert back.last_line.endswith(command)
    system.clear_faults()
    run.command(command).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)


def test_nothing_is_restored_when_nothing_was_touched(system: System, run: Playbooks) -> None:
    """A restore would throw the records away that arrived after the backup."""
    before = system.look()
    fail(system, "installer on the database server", "before")
    back = run("upgrade").assert_end("ROLLED_BACK")
    assert back.result["records"]["lost"] == 0
    assert system.assert_healthy(OLD).manager["programs"] == before.manager["programs"]
    system.assert_nothing_lost(before)
    assert "restore" not in steps_started(system)


@SLOW
def test_a_second_rollback_restores_nothing(system: System, run: Playbooks) -> None:
    """Where the schema can not be seen, it would throw the records away that were accepted since the first one."""
    before = system.look()
    hidden = {"database_status.schema": ""}
    fail(system, "installer on the database server", "middle")
    assert_rolled_back(system, before, run("upgrade", profile_overrides=hidden))
    lost = system.lost()
    assert "Steps of the rollback: start_services." in run("rollback", "--check", profile_overrides=hidden).output
    again = run("rollback", profile_overrides=hidden).assert_end("ROLLED_BACK", green=True)
    assert (again.result["records"]["lost"], system.lost()) == (0, lost)
    assert steps_started(system).count("restore") == 1


@pytest.mark.slow
@pytest.mark.parametrize("when", ["middle", "after"])
def test_the_old_version_over_the_new_one(system: System, run: Playbooks, when: str) -> None:
    """Where the product permits it, nothing is removed first."""
    before = system.look()
    for host in (system.manager, system.database):
        system.fault(host, "product", seconds=0, allow_downgrade=1)
    fail(system, "installer on the management server", when)
    assert_rolled_back(system, before, run("upgrade", profile_overrides=KEEP_NEW_VERSION))
    assert not any("uninstall" in step for step in steps_started(system))


@pytest.mark.slow
def test_a_start_that_does_nothing_is_rolled_back(system: System, run: Playbooks) -> None:
    """No new service ran, so no record can have been accepted, and nobody has to be asked."""
    before = system.look()
    system.fault(system.manager, "program:startservice", kind="nothing", version=NEW)
    assert_rolled_back(system, before, run("upgrade", start_by_installer=False))
