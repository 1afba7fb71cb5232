# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests that upgrade and roll back systems of the lab."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.lab.control.lab import Lab


@pytest.fixture(scope="module")
def clean(lab: Lab) -> System:
    """This process's system as after C(up), for modules whose tests change nothing."""
    system = System(lab)
    system.reset()
    return system


@pytest.fixture
def run(system: System) -> Playbooks:
    """Runs playbooks against this process's system, which is as after C(up)."""
    return Playbooks(system)
