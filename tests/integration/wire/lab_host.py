# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own connections to a lab host, and a host on top of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host

from tests.lab.control.lab import Lab


def connect(variables: Mapping[str, Any], name: str = "winrm") -> Any:
    """Return a connection plugin with the options that these variables give, as a task gets it."""
    context = PlayContext()
    context.remote_addr = variables["ansible_host"]
    context.shell = variables.get("ansible_shell_type")
    connection = connection_loader.get(name, context, "/dev/null")
    extras = {key: value for key, value in variables.items() if key.startswith(f"ansible_{name}_")}
    connection.set_options(var_options={**variables, "_extras": extras})
    return connection


def lab_variables(lab: Lab, name: str, transport: str = "winrm") -> dict[str, Any]:
    """Return the variables that the lab's inventory for that connection has for a host."""
    inventory = yaml.safe_load(lab.inventory_for(transport).read_text(encoding="utf-8"))["all"]
    own: dict[str, Any] = next(group["hosts"][name] for group in inventory["children"].values() if name in group["hosts"])
    return {**inventory["vars"], "inventory_hostname": name, **own}


def patience(transport: str, operation: int, read: int) -> dict[str, Any]:
    """Return the variables that make a connection wait for an answer only so many seconds."""
    settings: dict[str, dict[str, Any]] = {
        "winrm": {"ansible_winrm_operation_timeout_sec": operation, "ansible_winrm_read_timeout_sec": read},
        "psrp": {"ansible_psrp_operation_timeout": operation, "ansible_psrp_read_timeout": read},
        "ssh": {"ansible_ssh_extra_args": f"-o ServerAliveInterval={operation} -o ServerAliveCountMax=1"},
    }
    return settings[transport]


class LabHost(Host):
    """A host with its connection, which keeps what was logged.

    :ivar lines: what the host logged, as level and text.
    """

    def __init__(self, variables: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> None:
        self.lines: list[tuple[int, str]] = []
        self.connection = connect(variables, variables.get("ansible_connection", "winrm"))
        runner = open_runner(self.connection, environment)
        super().__init__(runner, name=variables["inventory_hostname"], log=lambda level, text: self.lines.append((level, text)))

    def disconnect(self) -> None:
        """End as a task does: what was opened is given back, then Ansible closes the connection."""
        self.close()
        self.connection.close()
