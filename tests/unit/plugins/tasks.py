# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that run an action with Ansible's own base class, on a connection without a network."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ansible.template
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible_collections.jp1.itdm.plugins.plugin_utils import _action
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import FakeWindows
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import FakeConnection, FakeServer

GROUPS = {
    "jp1_itdm_management_servers": ["JP1MGR01"],
    "jp1_itdm_database_servers": ["JP1DB01"],
    "all": ["JP1MGR01", "JP1DB01", "localhost"],
}
VARIABLES: dict[str, Any] = {"inventory_hostname": "JP1MGR01", "groups": GROUPS}


def template(text: str) -> Any:
    """Return a text that Ansible fills in; since ansible-core 2.19 it does so for trusted texts only."""
    if hasattr(ansible.template, "trust_as_template"):
        return ansible.template.trust_as_template(text)
    return text


def connection(server: FakeServer | None = None, transport: str = "winrm", become: Any = None) -> Any:
    made: Any = FakeConnection(server or FakeServer())
    made.transport = transport
    made.become = become
    made._shell = SimpleNamespace(tmpdir=None, env_prefix=lambda **environment: "")
    return made


def run_action(
    action: type[HostAction],
    arguments: dict[str, Any],
    variables: dict[str, Any] | None = None,
    *,
    through: Any = None,
    become: bool = False,
    **keywords: Any,
) -> dict[str, Any]:
    """Run a task and return its result.

    :param through: the connection.
    :param keywords: of the task, such as C(delegate_to) or C(check_mode).
    """
    loader = DataLoader()
    task = Task()
    task.name, task.action, task.args = "Try", "jp1.itdm.try", arguments
    for keyword, value in keywords.items():
        setattr(task, keyword, value)
    context = PlayContext()
    context.become = become
    everything = {**VARIABLES, **(variables or {})}
    plugin = action(
        task=task,
        connection=through or connection(),
        play_context=context,
        loader=loader,
        templar=ansible.template.Templar(loader=loader, variables=everything),
        shared_loader_obj=None,
    )
    plugin._load_name = "jp1.itdm.try"
    result: dict[str, Any] = plugin.run(None, everything)
    return result


def use(monkeypatch: pytest.MonkeyPatch, world: FakeWindows) -> None:
    """Let every connection lead to a server in memory."""

    def opened(runner: Any, name: str, log: Callable[[int, str], None]) -> FakeWindows:
        world.name, world.log = name, log
        return world

    monkeypatch.setattr(_action, "Host", opened)
