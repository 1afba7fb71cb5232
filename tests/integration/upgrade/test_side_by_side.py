# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several systems in one inventory run side by side, and one never touches another."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import NEW, OLD, PROCESSES, System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back, fail


@pytest.mark.slow
def test_one_system_fails_and_another_succeeds(system: System, run: Playbooks) -> None:
    other = System(system.lab, PROCESSES + 1)  # no test process has this one for its own
    other.reset()
    before, before_other = system.look(), other.look()
    fail(system, "installer on the management server", "middle")
    both = run("upgrade", limit=f"{system.manager},{other.manager}")
    assert_rolled_back(system, before, both)
    assert both.recap[system.manager]["failed"] == 1 and both.recap[other.manager]["failed"] == 0
    assert f"SUCCEEDED: {other.manager}:" in both.text
    other.assert_healthy(NEW)
    other.assert_nothing_lost(before_other)
    assert system.look().versions == (OLD, OLD)

    # The rollback did not wait for the other system, and the other not for the rollback.
    ends = [both.text.index(f"{state}: {host}:") for state, host in (("ROLLED_BACK", system.manager), ("SUCCEEDED", other.manager))]
    assert ends[1] < ends[0]
