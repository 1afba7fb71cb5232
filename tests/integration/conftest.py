# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests with real hosts of the lab share."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import PROCESSES, System, running_lab
from tests.lab.control.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The checkout's lab, with a system for each test process and one more for all."""
    return running_lab(PROCESSES + 1)


@pytest.fixture
def system(lab: Lab) -> System:
    """This process's system, English, at the old version, as after C(up)."""
    result = System(lab)
    result.reset()
    return result
