# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""--check touches nothing: a byte-for-byte picture of both servers stays the same."""

from __future__ import annotations

from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks

# Every file with its content where the product, its data, its backups, users and temporary files are; elsewhere by size and time.
# Folders without their times: Wine's cmd.exe makes and removes a temporary file where Windows uses a pipe.
_FILES = """
cd "$WINEPREFIX/drive_c"
find "Program Files (x86)" ProgramData users windows/temp /opt/lab/drive_d -type f -exec sha256sum {} +
find . /opt/lab/drive_d -type f -printf '%s %p %T@\\n' -o -printf '%y %p\\n'
"""
_KEYS = ("HKLM\\SOFTWARE", "HKLM\\SYSTEM\\CurrentControlSet\\Services", "HKCU\\Environment")


def no_more_records(system: System) -> None:
    """Remove the writer, so that nothing but the run could change anything."""
    system.windows(system.manager, "sc", "config", "LabAgents", "start=", "disabled")
    system.windows(system.manager, "sc", "stop", "LabAgents")


def picture(system: System) -> dict[str, list[str]]:
    """Every file and registry value of both servers, and the services' states."""
    seen = {}
    for host in (system.manager, system.database):
        seen[f"{host} files"] = sorted(system.inside(host, "sh", "-c", _FILES).splitlines())
        services = system.lab.look(host)["services"]
        seen[f"{host} services"] = [f"{name} {service['state']} {service['start_type']}" for name, service in services.items()]
    for host in (system.manager, system.database):
        for key in _KEYS:
            script = f"wine reg export '{key}' 'Z:\\tmp\\key.reg' /y >/dev/null && cat /tmp/key.reg && rm /tmp/key.reg"
            seen[f"{host} {key}"] = system.inside(host, "sh", "-c", f"{script} | tr -d '\\000'").splitlines()
    return seen


def assert_same(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    """Nothing differs; what does is named."""
    for what, lines in before.items():
        assert not set(lines) ^ set(after[what]), (what, sorted(set(lines) ^ set(after[what]))[:10])


def test_check_mode(system: System, run: Playbooks) -> None:
    """Of the upgrade before and after it, and of the way back."""
    no_more_records(system)
    before = picture(system)
    checked = run("upgrade", "--check")
    assert checked.exit_code == 0, checked.output
    assert "check mode, nothing was changed" in checked.text
    assert_same(before, picture(system))
    assert system.look().versions == (OLD, OLD)

    run("upgrade").assert_end("SUCCEEDED")
    before = picture(system)
    again = run("upgrade", "--check")
    assert again.exit_code == again.changed == 0

    back = run("rollback", "--check", rollback_after_start=True)
    assert back.exit_code == 0, back.output
    assert "has version 10-10 instead of 10-00" in back.text or "version is 10-10 instead of 10-00" in back.text
    assert_same(before, picture(system))
    assert system.look().versions == (NEW, NEW)
