# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ansible inventory of a started lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .credentials import USER, Credentials
from .state import State

_NEW_VERSION = "10-10"
_MEDIA = "D:\\JP1\\media\\"


def inventory(state: State, credentials: Credentials, folder: Path, profile: Path) -> dict[str, Any]:
    """The inventory as plain data.

    :param folder: the lab's C(.lab) folder; its authority's certificate is what the connections trust.
    :param profile: the product profile that describes the product double.
    """
    managers: dict[str, Any] = {}
    databases: dict[str, Any] = {}
    for host in state.hosts:
        variables: dict[str, Any] = {"ansible_host": "127.0.0.1", "ansible_port": host.port}
        if host.role == "management":
            variables["upgrade_database_server"] = state.system(host.system)[1].name
        (managers if host.role == "management" else databases)[host.name] = variables
    shared = {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": str(folder / "ca.crt"),
        "ansible_winrm_server_cert_validation": "validate",
        "ansible_user": USER,
        "ansible_password": credentials.winrm_password,
        "upgrade_profile": str(profile),
        "upgrade_target_version": _NEW_VERSION,
        "upgrade_media_folder": _MEDIA + _NEW_VERSION,
        "upgrade_old_media_folder": _MEDIA + state.version,
        "upgrade_backup_folder": "D:\\JP1\\backup",
        "upgrade_database_password": credentials.database_password,
        "upgrade_license_key": credentials.license_key,
    }
    groups = {"jp1_itdm_management_servers": {"hosts": managers}, "jp1_itdm_database_servers": {"hosts": databases}}
    return {"all": {"vars": shared, "children": groups}}


def inventory_text(state: State, credentials: Credentials, folder: Path, profile: Path) -> str:
    """The inventory as YAML; it holds the lab's secrets."""
    data = inventory(state, credentials, folder, profile)
    return "---\n" + yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
