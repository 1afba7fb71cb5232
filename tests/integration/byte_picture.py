# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A byte-for-byte picture of both servers of a system, which shows whether anything was touched."""

from __future__ import annotations

import re

from tests.integration.lab_system import System

# Every file with its content where the product, its data, its backups, users and temporary files are; elsewhere by size and time.
# Folders without their times, because of _PIPES.
_FILES = """
cd "$WINEPREFIX/drive_c"
find "Program Files (x86)" ProgramData users windows/temp /opt/lab/drive_d -type f -exec sha256sum {} +
find . /opt/lab/drive_d -type f -printf '%s %p %T@\\n' -o -printf '%y %p\\n'
"""
# Where Windows uses a pipe, Wine's cmd.exe uses a temporary file, and may leave it.
_PIPES = re.compile(r"/[Tt]emp/CMD[0-9a-f]{1,4}\.tmp(?= |$)")
_KEYS = ("HKLM\\SOFTWARE", "HKLM\\SYSTEM\\CurrentControlSet\\Services", "HKCU\\Environment")


def no_more_records(system: System) -> None:
    """Remove the writer, so that nothing but the run could change anything."""
    system.windows(system.manager, "sc", "config", "LabAgents", "start=", "disabled")
    system.windows(system.manager, "sc", "stop", "LabAgents")


def picture(system: System) -> dict[str, list[str]]:
    """Every file and registry value of both servers, and the services' states."""
    seen = {}
    for host in (system.manager, system.database):
        files = system.inside(host, "sh", "-c", _FILES).splitlines()
        seen[f"{host} files"] = sorted(line for line in files if not _PIPES.search(line))
        services = system.lab.look(host)["services"]
        seen[f"{host} services"] = [f"{name} {service['state']} {service['start_type']}" for name, service in services.items()]
    for host in (system.manager, system.database):
        for key in _KEYS:
            script = f"wine reg export '{key}' 'Z:\\tmp\\key.reg' /y >/dev/null && cat /tmp/key.reg && rm /tmp/key.reg"
            seen[f"{host} {key}"] = system.inside(host, "sh", "-c", f"{script} | tr -d '\\000'").splitlines()
    return seen


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """The lines that only one of two pictures has, after what they belong to."""
    return [f"{what}: {line}" for what, lines in before.items() for line in sorted(set(lines) ^ set(after[what]))]
