# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long steps that the Task Scheduler runs: they outlive the connection and the controller."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job
from ansible_collections.jp1.itdm.plugins.plugin_utils._product_programs import DEFAULT_JOURNAL_FOLDER

from tests.integration.lab_system import CHECKOUT, NEW, System
from tests.integration.upgrade.ansible_runs import CORES, Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back, fail, steps_started
from tests.integration.wire.lab_host import LabHost, lab_variables

SETUP_LOG = "/opt/lab/prefix/drive_c/windows/temp/jp1itdm-setup.log"

INSTALL = """
- hosts: jp1_itdm_management_servers
  gather_facts: false
  vars:
    upgrade_reconnection_time: 120
  tasks:
    - name: Stop the management server's services
      jp1.itdm.manager_service: {server: management_server, state: stopped}
    - name: Stop the database
      jp1.itdm.manager_service: {server: database_server, state: stopped, purpose: installation}
      delegate_to: "{{ upgrade_database_server }}"
    - name: Install
      jp1.itdm.manager_install:
        server: database_server
        version: "{{ upgrade_target_version }}"
        media_folder: "{{ upgrade_media_folder }}"
      delegate_to: "{{ upgrade_database_server }}"
      register: done
    - name: Go on
      jp1.itdm.database_setup: {version: "{{ upgrade_target_version }}"}
      delegate_to: "{{ upgrade_database_server }}"
    - name: Keep the result
      ansible.builtin.copy: {content: "{{ done | to_json }}", dest: "{{ result_file }}", mode: "0600"}
      delegate_to: localhost
"""


@dataclass
class Installation:
    """Installs the new version on the database server and sets the database up, over whatever a test does meanwhile."""

    system: System
    run: Playbooks
    folder: Path

    def log(self) -> str:
        """The installer's log."""
        return self.system.inside(self.system.database, "sh", "-c", f"cat {SETUP_LOG} 2>/dev/null || true")

    @contextmanager
    def when(self, seen: Callable[[], bool], act: Callable[[str], None]) -> Iterator[None]:
        """Do something to the database server, besides what is run here, as soon as something is seen."""
        acted: list[str] = []

        def watch() -> None:
            end = time.monotonic() + 120
            while not seen() and time.monotonic() < end:
                time.sleep(0.2)
            acted.append(self.system.database)
            act(self.system.database)

        thread = threading.Thread(target=watch)
        thread.start()
        yield
        assert acted, "nothing was seen meanwhile"
        thread.join()

    def __call__(self, **overrides: Any) -> dict[str, Any]:
        """Run it and return the result of the installation."""
        playbook, result = self.folder / "install.yml", self.folder / "result.json"
        playbook.write_text(INSTALL, encoding="utf-8")
        done = self.run(str(playbook), "-e", json.dumps({"result_file": str(result)}), profile_overrides=overrides)
        assert done.exit_code == 0, done.output
        assert self.system.look().database["version"] == NEW
        return dict(json.loads(result.read_text(encoding="utf-8")))


@pytest.fixture
def install(system: System, run: Playbooks, tmp_path: Path) -> Installation:
    return Installation(system, run, tmp_path)


@pytest.mark.slow
def test_the_server_restarts_in_the_middle(system: System, install: Installation) -> None:
    """What was half done is done again, after the services that Windows has started were stopped again."""
    system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=30, count=1, version=NEW)
    with install.when(lambda: bool(install.log().strip()), system.lab.power_loss):
        evidence = install()["evidence"]
    assert evidence["interrupted"]["code"] == "job_lost"
    assert evidence["interrupted"]["evidence"]["restarted"] is True
    assert evidence["install"]["exit_code"] == 0


@pytest.mark.slow
def test_the_server_restarts_by_itself_after_the_installation(system: System, install: Installation) -> None:
    """The installer's exit code said so; the next tasks find no server for a while."""
    system.fault(system.database, "program:installer", kind="fail", when="after", exit_code=3010, version=NEW)

    def restart(host: str) -> None:
        time.sleep(2)
        system.lab.restart(host)

    with install.when(lambda: system.lab.look(system.database)["version"] == NEW, restart):
        evidence = install(**{"install.restart_exit_codes": [3010]})["evidence"]
    assert evidence["install"]["restart_wanted"] is True


@pytest.mark.slow
def test_tasks_that_a_power_loss_brings_back_are_removed(system: System, run: Playbooks, install: Installation) -> None:
    """Their folders are gone, as their deletion was the last that the disk has not seen."""
    tasks = "wine reg query 'HKLM\\SOFTWARE\\Lab\\Tasks' /reg:64 2>/dev/null | grep jp1_itdm || true"
    for server in (system.manager, system.database):
        host = LabHost(lab_variables(system.lab, server))
        job = Job(host, DEFAULT_JOURNAL_FOLDER + "\\jobs", "rehearsal-0")
        job.start(["whoami.exe"])
        assert job.wait(60).exit_code == 0
        host.remove_folder(job.folder)
        host.disconnect()
        assert "rehearsal-0" in system.inside(server, "sh", "-c", tasks)
    system.fault(system.database, "program:exportdb", kind="slow", when="middle", seconds=60, count=1)
    with install.when(lambda: bool(steps_started(system, system.database)), system.lab.power_loss):
        done = run("upgrade")
    assert done.exit_code == 0, done.output
    for server in (system.manager, system.database):
        assert system.inside(server, "sh", "-c", tasks) == "", done.output


@pytest.mark.slow
def test_a_lost_answer_in_the_shell(system: System, install: Installation) -> None:
    """The installer goes on in a shell of which nobody knows any more, and is waited for."""
    system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=5, version=NEW)
    system.lab.wire_fault(system.database, kind="drop_after", action="Command", command="SETUP.EXE /s")
    evidence = install(**{"install.run_in": "shell"})["evidence"]
    assert evidence["interrupted"]["code"] == "answer_lost"
    assert install.log().count("ITDMLAB-2002") == 1, install.log()
    assert "install" not in evidence


@pytest.mark.slow
def test_the_way_back(system: System, run: Playbooks) -> None:
    """Every long step of upgrade and rollback runs detached, and leaves no task behind."""
    before = system.look()
    fail(system, "installer on the management server", "after")
    assert_rolled_back(system, before, run("upgrade"))
    for host in (system.manager, system.database):
        assert system.inside(host, "sh", "-c", "ls /opt/lab/prefix/drive_c/ProgramData/jp1_itdm_upgrade/jobs").strip() == ""
    expected = {"backup", "install-10-10", "setup_database-10-10", "uninstall-10-00", "install-10-00", "restore"}
    assert set(steps_started(system, system.database)) == expected


BAD_LINES: dict[str, list[dict[str, Any]]] = {
    "busy for a minute": [{"kind": "http", "status": 503, "for_seconds": 60}],
    "service restarted": [{"kind": "shell_gone"}, {"kind": "drop_before", "for_seconds": 15}],
    "answers lost": [{"kind": "drop_after", "skip": 5 * number, "count": 1, "id": f"lost-{number}"} for number in range(1, 6)],
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*BAD_LINES, "few operations in a shell"])
def test_an_upgrade_over_a_bad_line(system: System, run: Playbooks, fault: str) -> None:
    """From the first installation on; every installer and Setup runs once."""
    before = system.look()
    if fault in BAD_LINES:
        # the faults begin while the installer runs; an entry's first message is the first that it could meet
        system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=20, version=NEW)
        for entry in BAD_LINES[fault]:
            system.lab.wire_fault(system.database, command="-install-10-10", **entry)
    else:
        system.lab.endpoint(system.database, max_operations=3)
        system.lab.endpoint(system.manager, max_operations=3)
    run("upgrade", reconnection_time=300).assert_end("SUCCEEDED")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
    for host in (system.manager, system.database):
        assert system.inside(host, "cat", SETUP_LOG).count("ITDMLAB-2002") == 1


@pytest.mark.slow
def test_the_controller_is_killed(system: System, run: Playbooks) -> None:
    """The installer runs on; the next run finds its end, and starts it no second time."""
    before = system.look()
    system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=20, version=NEW)
    command = [str(CORES["default"] / "bin/ansible-playbook"), "-i", str(run.inventory), "playbooks/upgrade.yml", "--limit", system.manager]
    first = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while not system.inside(system.database, "sh", "-c", f"cat {SETUP_LOG} 2>/dev/null || true").strip():
            assert time.monotonic() < end, "the installer was never started"
            time.sleep(1)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    # the next run waits for the installer
    run("upgrade").assert_end("SUCCEEDED")
    assert system.inside(system.database, "cat", SETUP_LOG).count("ITDMLAB-2002") == 1
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
