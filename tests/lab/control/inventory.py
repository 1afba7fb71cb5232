# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ansible inventory of a started lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .credentials import USER, Credentials
from .ssh_keys import CLIENT_KEY, KNOWN_HOSTS
from .state import State

_NEW_VERSION = "10-10"
_MEDIA = "D:\\JP1\\media\\"


#: The connections that there are inventories for; the first is the usual one.
CONNECTIONS = ("winrm", "psrp", "ssh")


def file_name(connection: str) -> str:
    """The name of the inventory for a connection."""
    return "inventory.yml" if connection == CONNECTIONS[0] else f"inventory-{connection}.yml"


def inventory(state: State, credentials: Credentials, folder: Path, profile: Path, connection: str) -> dict[str, Any]:
    """The inventory as plain data.

    :param folder: the lab's C(.lab) folder; its authority's certificate is what the connections trust.
    :param profile: the product profile that describes the product double.
    """
    managers: dict[str, Any] = {}
    databases: dict[str, Any] = {}
    for host in state.hosts:
        variables: dict[str, Any] = {"ansible_host": "127.0.0.1", "ansible_port": host.ssh_port if connection == "ssh" else host.port}
        if host.role == "management":
            variables["upgrade_database_server"] = state.system(host.system)[1].name
        (managers if host.role == "management" else databases)[host.name] = variables
    shared = {
        "ansible_connection": connection,
        **_connection_variables(connection, folder),
        **({} if connection == "ssh" else {"ansible_password": credentials.winrm_password}),
        "ansible_user": USER,
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


def _connection_variables(connection: str, folder: Path) -> dict[str, Any]:
    authority = str(folder / "ca.crt")
    if connection == "psrp":
        return {
            "ansible_psrp_protocol": "https",
            "ansible_psrp_auth": "ntlm",
            "ansible_psrp_ca_cert": authority,
            "ansible_psrp_cert_validation": "validate",
        }
    if connection == "ssh":
        return {
            "ansible_shell_type": "cmd",
            "ansible_ssh_private_key_file": str(folder / CLIENT_KEY),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={folder / KNOWN_HOSTS}",
        }
    return {
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": authority,
        "ansible_winrm_server_cert_validation": "validate",
    }


def inventory_text(state: State, credentials: Credentials, folder: Path, profile: Path, connection: str = CONNECTIONS[0]) -> str:
    """The inventory as YAML; it holds the lab's secrets."""
    data = inventory(state, credentials, folder, profile, connection)
    return "---\n" + yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
