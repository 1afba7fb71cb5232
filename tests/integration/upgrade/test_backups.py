# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is not whole, unaltered and of this run is rejected by name, before a restore touches anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks, Run
from tests.integration.upgrade.test_preflight import nothing_changes
from tests.integration.upgrade.test_rollback import steps_started

RESTORE = """
- hosts: jp1_itdm_management_servers
  gather_facts: false
  tasks:
    - name: Restore
      jp1.itdm.database_restore:
        folder: "{{ folder }}"
        run_id: "{{ run_id }}"
      delegate_to: "{{ upgrade_database_server }}"
"""


class TakenBackup:
    """A backup on the database server, and a playbook that restores it."""

    def __init__(self, system: System, playbook: Path) -> None:
        self.system = system
        self.run = Playbooks(system)
        done = self.run("backup")
        assert done.exit_code == 0, done.output
        (self.name,) = {path.split("/")[0] for path in system.files(system.database, "JP1/backup")}
        self.folder = f"/opt/lab/drive_d/JP1/backup/{self.name}"
        self._playbook = playbook
        self._playbook.write_text(RESTORE, encoding="utf-8")
        system.inside(system.database, "cp", "-a", self.folder, "/tmp/whole")
        system.windows(system.manager, "C:\\Program Files (x86)\\Hitachi\\jp1itdmm\\mgr\\bin\\stopservice.exe")

    def make_whole(self) -> None:
        """Undo what a test did to it."""
        self.system.inside(self.system.database, "sh", "-c", f"rm -rf {self.folder} && cp -a /tmp/whole {self.folder}")

    def spoil(self, script: str) -> None:
        """Change it by a shell script that runs in its folder."""
        self.system.inside(self.system.database, "sh", "-c", f"cd {self.folder} && {script}")

    def restore(self, run_id: str | None = None) -> Run:
        """Try to restore it."""
        variables = {"folder": f"D:\\JP1\\backup\\{self.name}", "run_id": run_id or self.name}
        return self.run(str(self._playbook), "-e", json.dumps(variables))


@pytest.fixture(scope="module")
def taken(clean: System, tmp_path_factory: pytest.TempPathFactory) -> TakenBackup:
    """A backup that the tests of this module spoil one after the other."""
    return TakenBackup(clean, tmp_path_factory.mktemp("playbooks") / "restore.yml")


SPOILED = {
    "backup_empty": "rm -r database && mkdir database",
    "backup_truncated": "truncate -s -10 database/records.dat",
    "backup_altered": "sed -i s/R-0/R-9/ database/records.dat",
    "backup_missing": "rm manifest.json",
    "manifest_damaged": "truncate -s -20 manifest.json",
    "manifest_schema_unknown": 'sed -i \'s/"schema": 1/"schema": 2/\' manifest.json',
    "backup_other_version": "sed -i 's/10-00/09-51/' manifest.json",
}


@pytest.mark.parametrize("code", SPOILED)
def test_a_spoiled_backup_is_rejected(taken: TakenBackup, code: str) -> None:
    taken.make_whole()
    taken.spoil(SPOILED[code])
    with nothing_changes(taken.system):
        rejected = taken.restore()
    assert rejected.exit_code != 0
    assert f'"code": "{code}"' in rejected.text, rejected.output
    assert "restore" not in steps_started(taken.system)


def test_a_backup_of_another_run_is_rejected(taken: TakenBackup) -> None:
    taken.make_whole()
    rejected = taken.restore(run_id="20200101T000000Z")
    assert rejected.exit_code != 0
    assert '"code": "backup_stale"' in rejected.text, rejected.output


def test_the_whole_backup_is_restored(taken: TakenBackup) -> None:
    """The others were rejected for what was wrong with them, and not for something else."""
    taken.make_whole()
    done = taken.restore()
    assert done.exit_code == 0, done.output
    assert (
        len(taken.system.look().records)
        == json.loads(taken.system.read(taken.system.database, f"JP1/backup/{taken.name}/manifest.json"))["records"]
    )
