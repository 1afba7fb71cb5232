# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second copy of a backup, what a backup is compared with, and what the database says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks, Run
from tests.integration.upgrade.test_preflight import nothing_changes

BACKUP = """
- hosts: jp1_itdm_management_servers
  gather_facts: false
  tasks:
    - name: Back up
      jp1.itdm.database_backup:
        folder: D:\\JP1\\backup\\{{ run_id }}
        copy_folder: "{{ copy_folder | default('') }}"
        run_id: "{{ run_id }}"
        state: "{{ state | default('taken') }}"
      delegate_to: "{{ upgrade_database_server }}"
"""
LOOK = """
- hosts: jp1_itdm_management_servers
  gather_facts: false
  tasks:
    - name: Look
      jp1.itdm.manager_info:
        server: database_server
      delegate_to: "{{ upgrade_database_server }}"
      register: info

    - name: Tell
      ansible.builtin.debug:
        msg: "damaged={{ info.state.database.damaged }}"
"""
RUN = "20260301T010000Z"
COPY = f"C:\\コピー\\{RUN}"
IN_CONTAINER = f"/opt/lab/prefix/drive_c/コピー/{RUN}"


class Backups:
    """Takes backups by a playbook of its own."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        self._run = Playbooks(system)
        self._playbook = folder / "backup.yml"
        self._playbook.write_text(BACKUP, encoding="utf-8")

    def __call__(self, run_id: str = RUN, overrides: dict[str, Any] | None = None, **options: str) -> Run:
        """Ask for a backup."""
        return self._run(str(self._playbook), "-e", json.dumps({"run_id": run_id, **options}), profile_overrides=overrides or {})

    def rejected(self, code: str, **options: Any) -> Run:
        """Ask for a backup that is refused with this code, and leaves everything as it was."""
        with nothing_changes(self.system):
            run = self(**options)
        assert run.exit_code != 0, run.output
        assert f'"code": "{code}"' in run.text, run.output
        return run

    def copied(self) -> dict[str, str]:
        """The SHA-256 of the copy's files, by path."""
        script = f"cd '{IN_CONTAINER}' && find . -type f -exec sha256sum {{}} +"
        lines = self.system.inside(self.system.database, "sh", "-c", script).splitlines()
        return {line[66:].removeprefix("./"): line[:64] for line in lines}


@pytest.fixture(scope="module")
def backups(clean: System, tmp_path_factory: pytest.TempPathFactory) -> Backups:
    return Backups(clean, tmp_path_factory.mktemp("playbooks"))


def test_a_copy_is_equal_and_stays_so(backups: Backups) -> None:
    system = backups.system
    done = backups(copy_folder=COPY)
    assert done.exit_code == 0, done.output
    copied = backups.copied()
    assert copied == system.files(system.database, f"JP1/backup/{RUN}")
    assert {"manifest.json", "database/records.dat"} < set(copied)
    assert len(copied) > 5

    again = backups(copy_folder=COPY)
    assert (again.exit_code, again.changed) == (0, 0), again.output
    assert backups.copied() == copied

    system.inside(system.database, "sed", "-i", "s/R-0/R-9/", f"{IN_CONTAINER}/database/records.dat")
    assert "records.dat" in backups.rejected("copy_differs", copy_folder=COPY, state="verified").text

    # a person removes it; then there is no room for a new one
    system.inside(system.database, "rm", "-r", IN_CONTAINER)
    system.fault(system.database, "disk:C", free=1000, total=10**9)
    backups.rejected("copy_space", copy_folder=COPY, overrides={"database.folder": ""})
    backups.rejected("restore_space")
    system.clear_faults()
    assert backups(copy_folder=COPY).changed == 1
    assert backups.copied() == copied


def test_a_copy_beside_the_backup_is_refused(backups: Backups) -> None:
    refused = backups.rejected("copy_on_same_drive", run_id="20260302T010000Z", copy_folder="D:\\copy")
    assert "copy_folder: D:\\copy is on the same drive" in refused.text


@pytest.mark.parametrize(("core", "hour"), [("oldest", 1), ("newest", 2)])
def test_a_backup_of_a_strange_size_is_a_warning(backups: Backups, core: str, hour: int) -> None:
    system, earlier, later = backups.system, f"20260303T0{hour}0000Z", f"20260303T0{hour}3000Z"
    assert backups(earlier).exit_code == 0
    script = f'sed -i -E \'s/"size": [0-9]+/"size": 1000000/\' /opt/lab/drive_d/JP1/backup/{earlier}/manifest.json'
    system.inside(system.database, "sh", "-c", f"cd /opt/lab/drive_d/JP1/backup && ls | grep -v {earlier} | xargs rm -rf && {script}")
    strange = backups._run(str(backups._playbook), "-e", json.dumps({"run_id": later}), core=core)
    assert strange.exit_code == 0, strange.output
    assert "[WARNING]: The backup has" in strange.text, strange.output
    assert f"D:\\JP1\\backup\\{earlier}, has" in strange.text


def test_a_damaged_database_says_so(backups: Backups, tmp_path: Path) -> None:
    """Records in two formats, as an interrupted Setup leaves them."""
    system, look = backups.system, tmp_path / "look.yml"
    look.write_text(LOOK, encoding="utf-8")
    records = "/opt/lab/prefix/drive_c/ProgramData/Hitachi/jp1itdmm/Database/records.dat"
    assert "damaged=False" in Playbooks(system)(str(look)).text
    system.inside(system.database, "sed", "-i", "1s/^10-00/10-10/", records)
    assert "damaged=True" in Playbooks(system)(str(look)).text
