# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the plugins' unit tests."""

from __future__ import annotations

import time

import pytest
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import replace_questions
from hypothesis import settings

# A busy machine is no failure.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
# For runs of all tests by the hundred: --hypothesis-profile=quick
settings.register_profile("quick", deadline=None, max_examples=15, derandomize=True, database=None)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time pass only by sleeping; return the pauses."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    return pauses


@pytest.fixture
def database_server(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    """A database server in memory, with version 10-00."""
    replace_questions(monkeypatch)
    return FakeManager("database_server")


@pytest.fixture
def management_server(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    """A management server in memory, with version 10-00."""
    replace_questions(monkeypatch)
    return FakeManager("management_server")
