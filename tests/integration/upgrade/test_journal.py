# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journal and lock: one run at a time, a dead one is taken over, and a journal that can not be trusted stops everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration.lab_system import CHECKOUT, NEW, System
from tests.integration.upgrade.ansible_runs import CORES, Playbooks, Run

FOLDER = "/opt/lab/prefix/drive_c/ProgramData/jp1_itdm_upgrade"
LOG = "/opt/lab/prefix/drive_c/windows/temp/jp1itdm-setup.log"
RUN = "20260301T010000Z"
HOLDER = {
    "schema": 1,
    "token": "0123456789abcdef",
    "doing": "upgrade",
    "controller": "elsewhere",
    "process": {},
    "since": "2026-03-01T01:00:00+00:00",
}


def write(system: System, path: str, text: str) -> None:
    """Put a file into the journal's folder, past WinRM."""
    system.inside(system.database, "sh", "-c", f"mkdir -p $(dirname {FOLDER}/{path}) && printf '%s\\r\\n' '{text}' > {FOLDER}/{path}")


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.5)


def installing(system: System) -> bool:
    """Whether the new version's installer has begun on the database server."""
    return "ITDMLAB-2002" in system.inside(system.database, "sh", "-c", f"cat {LOG} 2>/dev/null || true")


@pytest.fixture
def started(system: System, run: Playbooks) -> Iterator[subprocess.Popen[bytes]]:
    """A run of the upgrade that is inside of the installation on the database server."""
    system.fault(system.database, "program:installer", kind="slow", when="middle", seconds=25, version=NEW)
    command = [str(CORES["default"] / "bin/ansible-playbook"), "-i", str(run.inventory), "playbooks/upgrade.yml", "--limit", system.manager]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(lambda: installing(system))
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
def test_one_run_at_a_time(system: System, run: Playbooks, started: subprocess.Popen[bytes]) -> None:
    """A second run is refused while the first lives, and takes over when it was killed."""
    before = system.look()
    refused = run("upgrade").assert_end("BLOCKED").assert_blocked("holds the lock since", "ansible-playbook still runs")
    assert "upgrade_take_over=true" in refused.text
    status = run("status")
    assert status.exit_code == 0 and ": running since" in status.text
    assert "Next: wait for the end of the run that has the lock." in status.text

    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    assert "its ansible-playbook has ended" in run("status").text
    run("upgrade").assert_end("SUCCEEDED")
    assert system.inside(system.database, "cat", LOG).count("ITDMLAB-2002") == 1
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
    assert not system.inside(system.database, "sh", "-c", f"ls {FOLDER} | grep -x lock || true").strip()


def refused(run: Playbooks, *words: str) -> Run:
    blocked = run("upgrade").assert_end("BLOCKED")
    for word in words:
        assert word in blocked.text, blocked.output
    assert blocked.changed == 0
    for other in ("rollback", "commit"):
        assert run(other).exit_code != 0
    return blocked


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({f"runs/{RUN}/run.json": "{"}, ["journal_damaged"], id="damaged"),
        pytest.param(
            {f"runs/{RUN}/run.json": json.dumps({"schema": 7, "run_id": RUN})},
            ["journal_schema_unknown"],
            id="other schema",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {f"runs/{RUN}/run.json": json.dumps({"schema": 1, "run_id": "20250101T000000Z"})},
            ["journal_foreign"],
            id="of another run",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"lock/0123456789abcdef.json": json.dumps({**HOLDER, "schema": 9})}, ["lock_schema_unknown"], id="lock of another version"
        ),
        pytest.param({"lock/0123456789abcdef.json": "x"}, ["lock_damaged"], id="damaged lock", marks=pytest.mark.slow),
    ],
)
def test_what_can_not_be_trusted_stops_everything(system: System, run: Playbooks, files: dict[str, str], words: list[str]) -> None:
    for path, text in files.items():
        write(system, path, text)
    before = system.inside(system.database, "sh", "-c", f"cd {FOLDER} && find . -type f -exec sha256sum {{}} +")
    refused(run, *words)
    assert system.inside(system.database, "sh", "-c", f"cd {FOLDER} && find . -type f -exec sha256sum {{}} +") == before


@pytest.mark.slow
def test_a_lock_of_another_controller(system: System, run: Playbooks) -> None:
    """It is respected as long as its holder may be alive, and taken over on a person's word, which the journal keeps."""
    now = re.sub(r"\..*", "+00:00", system.lab.records(system.number)["accepted"][-1][0])
    write(system, "lock/0123456789abcdef.json", json.dumps({**HOLDER, "since": now}))
    refused(run, "on elsewhere holds the lock since")
    run("upgrade", take_over=True).assert_end("SUCCEEDED")
    journal = system.inside(system.database, "sh", "-c", f"cat {FOLDER}/runs/*/entries/000001.json")
    assert json.loads(journal)["evidence"]["taken_over_from"]["controller"] == "elsewhere"


@pytest.mark.slow
def test_commit_closes_the_way_back(system: System, run: Playbooks) -> None:
    """After an upgrade: status says what is possible, rollback in check mode shows it, commit ends it."""
    assert run("commit").exit_code != 0
    run("upgrade").assert_end("SUCCEEDED")
    assert "commit.yml" in run("status").text
    shown = run("rollback", "--check", rollback_after_start=True)
    assert shown.exit_code == 0 and "Steps of the rollback: " in shown.text and "It can be rolled back" in shown.text
    assert system.look().versions == (NEW, NEW)

    assert run("commit").exit_code == 0
    assert system.files(system.database, "JP1/backup") == {}
    assert run("commit").changed == 0
    gone = run("rollback", rollback_after_start=True)
    assert gone.exit_code != 0 and "was committed" in gone.text
    system.assert_healthy(NEW)
