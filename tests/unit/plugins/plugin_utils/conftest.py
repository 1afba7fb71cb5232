# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import replace_questions
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import Scenario


@pytest.fixture
def world(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> FakeManager:
    """The server on which a scenario's step is not done yet."""
    replace_questions(monkeypatch)
    server = FakeManager(scenario.server)
    scenario.prepare(server)
    server.ran.clear()
    return server
