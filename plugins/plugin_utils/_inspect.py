# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a server: everything that preflight judges, and everything that a rollback is compared with. Changes nothing.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._checks import drive_of
from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, OptionError, VerificationError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_services import Service
from ansible_collections.jp1.itdm.plugins.module_utils._profile import expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import UNKNOWN_DATABASE, Product

# What the collection itself starts on a server.
WINDOWS_TOOLS = ("certutil", "find", "fsutil", "icacls", "netstat", "ping", "reg", "sc", "schtasks", "tasklist", "whoami", "wmic")
_POLL_SECONDS = 2.0


def inspect_server(product: Product, *, with_program_files: bool = True) -> dict[str, Any]:
    """Return the state of a server as plain data; the module RV(manager_info.state) documents its keys.

    :param with_program_files: whether to hash the program files, which takes longer than all the rest.
    """
    host, profile = product.host, product.profile
    seen = host.ask(
        installation=product.installation_probe(),
        services=windows.services(profile[f"services.{product.server}"]),
        variables=windows.environment_variables(["COMPUTERNAME", "SystemDrive", "USERNAME"]),
        elevated=windows.elevated(),
        tools=windows.tools(WINDOWS_TOOLS),
        restart=windows.pending_restart(),
        installers=windows.running_processes(profile["product.installer_processes"]),
        cluster=windows.cluster(),
        times=windows.os_times(),
        os=windows.os_version(),
        ports=windows.listening_ports(),
    )
    asked_at = datetime.now(timezone.utc)
    product.installation = seen.installation
    management = product.server == "management_server"
    licence = _told(product, product.license_registered) if management else None
    database = None if management else _told(product, product.database_status)
    return {
        "host": host.name,
        "server": product.server,
        "computer_name": seen.variables.get("COMPUTERNAME", ""),
        "account": seen.variables.get("USERNAME", ""),
        "elevated": seen.elevated,
        "system_drive": seen.variables.get("SystemDrive", "").upper(),
        "os": {
            "name": seen.os.name,
            "version": seen.os.version,
            "boot_time": seen.times.boot_time.isoformat() if seen.times else None,
        },
        "clock_offset": round((seen.times.clock - asked_at).total_seconds(), 1) if seen.times else None,
        "tools_missing": seen.tools,
        "pending_restart": seen.restart,
        "installers_running": [process.name for process in seen.installers],
        "cluster": seen.cluster,
        "product": seen.installation.as_dict(),
        "services": services_by_name(seen.services),
        "program_files": program_files(product) if with_program_files else None,
        "settings": settings_files(product),
        "license_registered": licence,
        "operation_window": profile["operation_window.port"] in seen.ports if management else None,
        "database": database or dict(UNKNOWN_DATABASE),
        "unanswered": _unanswered(product, licence) if management else _unanswered_database(product, database),
    }


def services_by_name(services: list[Service]) -> dict[str, dict[str, str]]:
    """Return services as plain data: state and start type by name."""
    return {service.name: {"state": service.state, "start_type": service.start_type} for service in services}


def inspect_media(product: Product, folder: str) -> dict[str, Any]:
    """Look at a media folder.

    :returns: C(installer), C(readable) and C(version) (None where it is not stated).
    """
    profile = product.profile
    if not drive_of(folder):
        return {"installer": "", "readable": False, "version": None}
    installer = f"{folder}\\{profile['media.installer']}" if profile["media.installer"] else folder
    version_file = profile["media.version_file"]
    seen = product.host.ask(
        readable=windows.file_exists(installer) if profile["media.installer"] else windows.folder_exists(folder),
        text=windows.file_text(f"{folder}\\{version_file or profile['media.installer'] or 'none'}", 10_000),
    )
    version = product.pattern("media.version_pattern", seen.text or "") if version_file else None
    return {"installer": installer, "readable": seen.readable, "version": version}


# Where the profile's commands run that are not on the media.
_INSTALLED_COMMANDS = {
    "management_server": ("stop_services", "start_services", "start_for_license", "register_license", "license_status"),
    # Setup is not looked for: it may come with the new version
    "database_server": ("backup", "restore", "database_status", "backup_status"),
}


def missing_programs(product: Product) -> dict[str, str]:
    """Return the programs of the profile's commands that are not on the server, by action."""
    folder = product.installation.install_folder
    programs = {
        action: expand(product.profile[f"{action}.argv"][0], {"install_folder": folder})
        for action in _INSTALLED_COMMANDS[product.server]
        if folder and product.can(action) and "{install_folder}" in product.profile[f"{action}.argv"][0]
    }
    found = vars(product.host.ask(**{action: windows.file_exists(program) for action, program in programs.items()})) if programs else {}
    return {action: program for action, program in programs.items() if not found[action]}


def inspect_disks(host: Host, folders: list[str]) -> dict[str, dict[str, int]]:
    """Return free and total bytes of the drives that the folders are on; a drive that can not be read is missing."""
    drives = sorted({drive_of(folder) for folder in folders} - {""})
    answers = vars(host.ask(**{f"drive_{drive[0]}": windows.disk(drive) for drive in drives})) if drives else {}
    return {drive: {"free": disk.free, "total": disk.total} for drive in drives if (disk := answers[f"drive_{drive[0]}"]) is not None}


def inspect_place(host: Host, folder: str) -> dict[str, Any]:
    """Look at the drive or share of a folder that need not exist yet: C(readable), and C(free) bytes (None where that can not be told)."""
    try:
        root = ntpath.splitdrive(windows_path(folder))[0]
        seen = host.ask(readable=windows.folder_exists(f"{root}\\"), free=windows.free_bytes(folder))
    except OptionError:  # no folder at all
        return {"readable": False, "free": None}
    return {"readable": seen.readable, "free": seen.free}


def wait_for_operation_window(product: Product) -> None:
    """Wait until the operation window's port answers on the management server.

    :raises VerificationError: C(operation_window) when the profile's time limit is over.
    """
    port, limit = product.profile["operation_window.port"], product.profile["operation_window.time_limit"]
    end = time.monotonic() + limit
    while port not in product.host.ask(ports=windows.listening_ports()).ports:
        if time.monotonic() > end:
            raise VerificationError(
                f"Nothing listens on port {port} of the operation window after {limit} seconds.",
                code="operation_window",
                remedy="Look at the product's log, and check the profile's field operation_window.port.",
            )
        time.sleep(_POLL_SECONDS)


def program_files(product: Product) -> dict[str, str]:
    """Return size and SHA-256 of every program file, by its path; empty where the profile names no folders."""
    values = {"install_folder": product.installation.install_folder}
    files: dict[str, str] = {}
    if not product.installation.install_folder:
        return files
    for template in product.profile["product.program_folders"]:
        folder = expand(template, values)
        if product.host.ask(there=windows.folder_exists(folder)).there:
            for entry in product.host.hash_folder(folder):
                files[f"{folder}\\{entry.path}"] = f"{entry.size}:{entry.sha256}"
    return files


def settings_files(product: Product) -> dict[str, str | None]:
    """Return the SHA-256 of every file with settings that the profile names, by its path; None for one that is not there."""
    folder = product.installation.install_folder
    files = [expand(template, {"install_folder": folder}) for template in product.profile["product.settings_files"]] if folder else []
    digests = vars(product.host.ask(**{f"file_{number}": windows.file_digest(file) for number, file in enumerate(files)})) if files else {}
    return {file: digests[f"file_{number}"] for number, file in enumerate(files)}


def _unanswered(product: Product, licence: bool | None) -> list[str]:
    return ["license_status"] if licence is None and product.can("license_status") else []


def _unanswered_database(product: Product, database: dict[str, Any] | None) -> list[str]:
    if database is None:
        return ["database_status"]
    if database["damaged"]:  # that is an answer, too
        return []
    silent = [key for key in ("records", "schema") if product.profile[f"database_status.{key}"] and database[key] is None]
    return ["database_status"] if silent and product.can("database_status") else []


def _told(product: Product, question: Callable[[], Any]) -> Any:
    # A half-installed product may lack the program that would tell, or its folder: then nobody knows, and that is an answer.
    if not product.installation.install_folder:
        return None
    try:
        return question()
    except CommandError:
        return None
