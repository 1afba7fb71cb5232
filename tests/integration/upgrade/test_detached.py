# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long steps that the Task Scheduler runs: they outlive the connection and the controller."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from tests.integration.lab_system import CHECKOUT, NEW, System
from tests.integration.upgrade.ansible_runs import CORES, Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back, fail, steps_started

SETUP_LOG = "/opt/lab/prefix/drive_c/windows/temp/jp1itdm-setup.log"


def test_the_way_back(system: System, run: Playbooks) -> None:
    """Every long step of upgrade and rollback runs detached, and leaves no task behind."""
    before = system.look()
    fail(system, "installer on the management server", "after")
    assert_rolled_back(system, before, run("upgrade"))
    for host in (system.manager, system.database):
        assert system.inside(host, "sh", "-c", "ls /opt/lab/prefix/drive_c/ProgramData/jp1_itdm_upgrade/jobs").strip() == ""
    expected = {"backup", "install-10-10", "setup_database-10-10", "uninstall-10-00", "install-10-00", "restore"}
    assert set(steps_started(system, system.database)) == expected


@pytest.mark.slow
def test_the_controller_is_killed(system: System, run: Playbooks) -> None:
    """The installer runs on; the next run finds its end, and starts it no second time."""
    before = system.look()
    system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=20, version=NEW)
    command = [str(CORES["default"] / "bin/ansible-playbook"), "-i", str(run.inventory), "playbooks/upgrade.yml", "--limit", system.manager]
    first = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while not system.inside(system.database, "sh", "-c", f"cat {SETUP_LOG} 2>/dev/null || true").strip():
            assert time.monotonic() < end, "the installer was never started"
            time.sleep(1)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    time.sleep(20)  # until the installer has ended: a run that finds it running is refused
    run("upgrade").assert_end("SUCCEEDED")
    assert system.inside(system.database, "cat", SETUP_LOG).count("ITDMLAB-2002") == 1
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
