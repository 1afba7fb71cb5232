# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way of an upgrade is told before the first change, all of it together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.integration.lab_system import OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks, Run

UNINSTALL = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\JP1ITDMManager"
SESSION_MANAGER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"


@contextmanager
def nothing_changes(system: System) -> Iterator[None]:
    """Whatever is run here leaves programs, data, backups and services as they were."""
    before = system.look()
    files = [system.files(host, "JP1") for host in (system.manager, system.database)]
    yield
    after = system.look()
    for seen in (before, after):
        seen.database["records"] = None
    assert after == before
    assert [system.files(host, "JP1") for host in (system.manager, system.database)] == files


def found(run: Run, host: str, check: str) -> str:
    """The text of one finding."""
    start = f"{host} [{check}] "
    assert start in run.text, run.output
    return run.text.partition(start)[2].partition(" [")[0]


def test_windows_and_disks(system: System, run: Playbooks) -> None:
    manager, database = system.manager, system.database
    system.fault(manager, "disk:C", free=2_300_000_000)
    system.fault(database, "disk:D", free=19_000_000_000)
    system.fault(database, "windows", elevated=0, clock_offset=300)
    system.windows(manager, "reg", "add", SESSION_MANAGER, "/v", "PendingFileRenameOperations", "/t", "REG_MULTI_SZ", "/d", "C:\\new.dll")
    system.windows(database, "sc", "create", "ClusSvc", "binPath=", "C:\\cluster.exe", "start=", "auto")
    with nothing_changes(system):
        blocked = run("upgrade").assert_end("BLOCKED").assert_blocked("Nothing was changed")
    assert "2.3 GB free" in found(blocked, manager, "installation_space") and "2.4 GB" in found(blocked, manager, "installation_space")
    assert "19.0 GB free" in found(blocked, database, "backup_space") and "20.0 GB" in found(blocked, database, "backup_space")
    assert "administrator's rights" in found(blocked, database, "elevated_account")
    assert "Restart the server" in found(blocked, manager, "pending_restart")
    assert "cluster" in found(blocked, database, "cluster")
    assert "300 seconds" in found(blocked, manager, "clock_difference")
    assert blocked.result["next_command"] in blocked.last_line


def test_wrong_media_and_missing_secrets(system: System, run: Playbooks) -> None:
    manager, database = system.manager, system.database
    wrong: dict[str, Any] = {
        "media_folder": "D:\\JP1\\media\\09-51",
        "old_media_folder": "\\\\server\\share",
        "database_password": "",
        "license_key": "",
    }
    with nothing_changes(system):
        blocked = run("upgrade", **wrong).assert_end("BLOCKED")
    for host in (manager, database):
        assert "upgrade_media_folder" in found(blocked, host, "media") and "states 09-51, not 10-10" in found(blocked, host, "media")
        assert "upgrade_old_media_folder" in found(blocked, host, "old_media") and "local drive" in found(blocked, host, "old_media")
    assert "upgrade_database_password is empty" in found(blocked, database, "credentials")
    assert "upgrade_license_key is empty" in found(blocked, manager, "credentials")


def test_missing_media_and_different_versions(system: System, run: Playbooks) -> None:
    system.windows(system.manager, "reg", "add", UNINSTALL, "/v", "DisplayVersion", "/d", "09-51", "/f", "/reg:32")
    with nothing_changes(system):
        blocked = run("upgrade", media_folder="D:\\JP1\\nothing").assert_end("BLOCKED")
    for host in (system.manager, system.database):
        assert "does not exist or can not be read" in found(blocked, host, "media")
    assert "states 10-00, not 09-51" in found(blocked, system.manager, "old_media")
    versions = found(blocked, system.manager, "same_version")
    assert "version 09-51" in versions and f"{system.database} has {OLD}" in versions and "rollback.yml" in versions


@pytest.mark.slow
def test_preflight_alone(system: System, run: Playbooks) -> None:
    """The playbook preflight.yml says the same, and is green when nothing is in the way."""
    with nothing_changes(system):
        good = run("preflight")
        assert good.exit_code == 0 and f"nothing is in the way of the upgrade from {OLD}" in good.text
        system.fault(system.database, "disk:D", free=1_000_000_000)
        bad = run("preflight")
    assert bad.exit_code != 0 and "backup_space" in bad.text
