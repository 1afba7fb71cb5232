# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows why something failed is collected from a server before a rollback changes it, and without secrets."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks, Run
from tests.integration.upgrade.test_preflight import nothing_changes
from tests.integration.upgrade.test_secrets import secrets_of
from tests.lab.control.lab import Lab

RUN = "20260301T010000Z"
PLAYBOOK = """
- hosts: jp1_itdm_management_servers
  gather_facts: false
  tasks:
    - name: Collect
      jp1.itdm.upgrade_evidence:
        server: database_server
        folder: "{{ folder }}"
        run_id: "{{ run_id }}"
      delegate_to: "{{ upgrade_database_server }}"
      register: evidence

    - name: Tell
      ansible.builtin.copy:
        content: "{{ evidence | to_json }}"
        dest: "{{ folder }}.json"
        mode: "0600"
      delegate_to: localhost
      check_mode: false
"""
LOGS = "/opt/lab/prefix/drive_c/Program Files (x86)/Hitachi/jp1itdmm/mgr/log"
JOURNAL = "/opt/lab/prefix/drive_c/ProgramData/jp1_itdm_upgrade"
LONG = 40_000  # lines


class Evidence:
    """A database server with the traces of a run, and a playbook that collects them."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        self.folder = folder / "evidence"
        self._playbook = folder / "evidence.yml"
        self._playbook.write_text(PLAYBOOK, encoding="utf-8")
        self._run = Playbooks(system)

    def plant(self, path: str, content: bytes) -> None:
        """Make a file in the host's container."""
        folder, text = path.rpartition("/")[0], content.hex()
        script = (
            f"mkdir -p '{folder}' && printf '%s' '{text}' | python3 -c \"import sys; open('{path}', 'wb').write(bytes.fromhex(input()))\""
        )
        self.system.inside(self.system.database, "sh", "-c", script)

    def collect(self, *arguments: str) -> tuple[Run, dict[str, Any]]:
        """Collect, and return the run and the task's result."""
        run = self._run(str(self._playbook), "-e", json.dumps({"folder": str(self.folder), "run_id": RUN}), *arguments)
        assert run.exit_code == 0, run.output
        result: dict[str, Any] = json.loads(self.folder.with_suffix(".json").read_text(encoding="utf-8"))
        return run, result


@pytest.fixture
def evidence(lab: Lab, tmp_path: Path) -> Evidence:
    """On a Japanese server."""
    system = System(lab)
    system.reset(locale="ja")
    return Evidence(system, tmp_path)


def test_the_traces_of_a_run(evidence: Evidence) -> None:
    system = evidence.system
    password = system.lab.credentials.database_password
    evidence.plant(f"{LOGS}/表ソ 100%.log", "接続できません\r\n".encode("cp932"))
    evidence.plant(f"{LOGS}/msi.log", "製品\r\n".encode("utf-16"))
    evidence.plant(f"{JOURNAL}/runs/{RUN}/run.json", b"{}\r\n")
    evidence.plant(f"{JOURNAL}/runs/20250101T000000Z/run.json", b"{}\r\n")
    evidence.plant(f"{JOURNAL}/jobs/{RUN}-backup/output.txt", f"暗証 {password}\r\n".encode("cp932"))
    evidence.plant(f"{JOURNAL}/jobs/{RUN}-backup/stdin.txt", f"{password}\r\n".encode())
    evidence.plant(f"{JOURNAL}/lock/0123abcd.json", b"{}\r\n")
    evidence.plant("/lab/System.events", "古い\n新しい\n".encode())
    lines = f"i=0; while [ $i -lt {LONG} ]; do echo \"line $i of a long log\"; i=$((i+1)); done > '{LOGS}/long.log'"
    system.inside(system.database, "sh", "-c", lines)

    with nothing_changes(system):
        run, result = evidence.collect()
    assert (result["collected"], result["reason"], result["changed"]) == (True, "", False)
    folder = Path(result["folder"])
    assert folder.parent == evidence.folder / RUN / system.database
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    for file in index["files"]:
        content = (folder / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    texts = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
    logs = "files/C/Program Files (x86)/Hitachi/jp1itdmm/mgr/log"
    assert texts[f"{logs}/表ソ 100%.log"] == "接続できません\n"
    assert texts[f"{logs}/msi.log"] == "製品\n"
    assert texts[f"{logs}/services.log"]
    assert texts[f"{logs}/long.log"].endswith(f"line {LONG - 2} of a long log\nline {LONG - 1} of a long log\n")
    assert 190_000 < len(texts[f"{logs}/long.log"]) <= 200_000
    assert [file["source"].rpartition("\\")[2] for file in index["files"] if file["truncated"]] == ["long.log"]
    assert {name for name in texts if name.startswith("journal/")} == {
        f"journal/runs/{RUN}/run.json",
        f"journal/jobs/{RUN}-backup/output.txt",
    }
    assert texts[f"journal/jobs/{RUN}-backup/output.txt"] == "暗証 ********\n"
    assert texts["event-log/System.txt"].index("新しい") < texts["event-log/System.txt"].index("古い")
    assert json.loads(texts["services.json"])[0]["state"] == "running"
    for secret in secrets_of(system):
        assert not [name for name, text in {**texts, "output": run.output}.items() if secret in text]
    for path in [evidence.folder, *evidence.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_can_not_be_collected(evidence: Evidence) -> None:
    """Neither a Windows program that fails nor a server that is off fails the task; check mode asks nothing."""
    system = evidence.system
    system.fault(system.database, "program:wevtutil", kind="fail", when="before", exit_code=5)
    _run, result = evidence.collect()
    assert result["collected"]
    assert {"source": "event log System", "reason": "wevtutil ended with exit code 5 and printed nothing."} in result["missing"]

    asked = len(system.lab.wire_log(system.database))
    kept = sorted(evidence.folder.rglob("*"))
    _run, result = evidence.collect("--check")
    assert (result["collected"], result["folder"]) == (False, "")
    assert (len(system.lab.wire_log(system.database)), sorted(evidence.folder.rglob("*"))) == (asked, kept)

    system.lab.switch_off(system.database)
    begin = time.monotonic()
    _run, result = evidence.collect()
    assert not result["collected"]
    assert result["reason"]
    assert json.loads((Path(result["folder"]) / "index.json").read_text(encoding="utf-8"))["reason"] == result["reason"]
    assert time.monotonic() - begin < 60
