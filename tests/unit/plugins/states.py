# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of servers as the pure rules get them."""

from __future__ import annotations

import copy
from typing import Any

State = dict[str, Any]


def server_state(server: str, version: str = "10-00") -> State:
    """Return the state of a healthy server."""
    management = server == "management_server"
    name = "JP1MGR01" if management else "JP1DB01"
    return {
        "host": name,
        "server": server,
        "computer_name": name,
        "account": "Administrator",
        "elevated": True,
        "system_drive": "C:",
        "os": {"name": "Windows Server 2008 R2 Standard", "version": "6.1.7601", "boot_time": None},
        "clock_offset": 0.2,
        "tools_missing": [],
        "pending_restart": [],
        "installers_running": [],
        "cluster": False,
        "product": {
            "installed": True,
            "version": version,
            "version_text": version,
            "install_folder": r"C:\Program Files (x86)\Hitachi\jp1itdmm",
        },
        "services": {
            service: {"state": "running", "start_type": "auto"} for service in (["Web", "Manager"] if management else ["Database"])
        },
        "program_files": {r"C:\bin\a.exe": f"1:{version}", r"C:\bin\b.exe": f"2:{version}"},
        "settings": {r"C:\conf\product.ini": "0" * 64},
        "license_registered": True if management else None,
        "operation_window": True if management else None,
        "database": dict.fromkeys(("records", "schema", "damaged"))
        if management
        else {"records": 200, "schema": version, "damaged": False},
        "unanswered": [],
    }


def system_state(version: str = "10-00") -> State:
    """Return the state of a healthy system."""
    return {server: server_state(server, version) for server in ("management_server", "database_server")}


def changed(state: State, path: str, value: Any) -> State:
    """Return a copy of a state with one value replaced; the path's parts are separated by slashes."""
    result = copy.deepcopy(state)
    inner = result
    *outer, last = path.split("/")
    for key in outer:
        inner = inner[key]
    inner[last] = value
    return result
