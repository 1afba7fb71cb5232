# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole works on the oldest and on the newest ansible-core that installs here ('make matrix').

In 'make test' other tests of this folder run on these two.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import CORES, Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back, fail


def version(core: str) -> str:
    """What C(ansible-playbook --version) says first."""
    done = subprocess.run([str(CORES[core] / "bin/ansible-playbook"), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize("core", ["oldest", "newest"])
def test_upgrade(system: System, run: Playbooks, core: str) -> None:
    print(version(core))
    before = system.look()
    run("upgrade", core=core).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
    assert run("upgrade", core=core).assert_end("NOTHING_TO_DO").changed == 0


@pytest.mark.slow
@pytest.mark.parametrize("core", ["oldest", "newest"])
def test_rollback(system: System, run: Playbooks, core: str) -> None:
    before = system.look()
    fail(system, "installer on the management server", "middle")
    assert_rolled_back(system, before, run("upgrade", core=core))
    assert system.look().versions == (OLD, OLD)


@pytest.mark.parametrize("core", ["oldest", "newest"])
def test_refusals(lab: object, core: str) -> None:
    run = Playbooks(System(lab))  # type: ignore[arg-type]
    assert "BLOCKED: --tags" in run("upgrade", "--tags", "x", core=core).text
    run("upgrade", limit=run.system.database, core=core).assert_blocked("jp1_itdm_management_servers")
