# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible import context
from ansible.errors import AnsibleError
from ansible.utils.context_objects import CLIArgs
from ansible_collections.jp1.itdm.plugins.lookup.checked_hosts import LookupModule


def look_up(monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    monkeypatch.setattr(context, "CLIARGS", CLIArgs(options))
    return LookupModule().run(["all:localhost"])


WHOLE_RUNS: list[dict[str, Any]] = [
    {},
    {"tags": ["all"], "skip_tags": [], "start_at_task": None, "step": None},
    {"tags": ("all",), "skip_tags": ()},
    {"tags": []},
    {"step": False, "start_at_task": ""},
    {"subset": "JP1MGR01", "check": True, "verbosity": 3},
]


@pytest.mark.parametrize("options", WHOLE_RUNS)
def test_a_whole_run_gets_its_hosts(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]) -> None:
    assert look_up(monkeypatch, **options) == ["all:localhost"]


PARTIAL_RUNS: list[tuple[dict[str, Any], str]] = [
    ({"tags": ["install"]}, "--tags"),
    ({"tags": ["all", "install"]}, "--tags"),
    ({"tags": ["always"]}, "--tags"),
    ({"tags": ("never",)}, "--tags"),
    ({"skip_tags": ["install"]}, "--skip-tags"),
    ({"start_at_task": "Verify both servers"}, "--start-at-task"),
    ({"step": True}, "--step"),
]


@pytest.mark.parametrize(("options", "told"), PARTIAL_RUNS)
def test_a_run_in_parts_is_refused(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], told: str) -> None:
    with pytest.raises(AnsibleError, match=f"^BLOCKED: {told} would leave steps") as caught:
        look_up(monkeypatch, **options)
    assert "Nothing was changed" in str(caught.value)


def test_all_such_options_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleError, match="--tags and --skip-tags and --start-at-task and --step"):
        look_up(monkeypatch, tags=["x"], skip_tags=["y"], start_at_task="z", step=True)
