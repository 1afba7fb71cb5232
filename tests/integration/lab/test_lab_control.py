# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's control program with real containers, in checkouts of its own: folders with a link to this one's C(tests)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import winrm

from tests.lab.control.credentials import USER
from tests.lab.control.lab import Lab

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def make_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Makes checkouts, and removes everything of their labs at the end."""
    made: list[Path] = []

    def make(name: str) -> Path:
        checkout = tmp_path_factory.mktemp(name)
        (checkout / "tests").symlink_to(TESTS)
        # The Windows programs are the same: no need to build them again.
        built = TESTS.parent / ".lab" / "build"
        built.mkdir(parents=True, exist_ok=True)
        (checkout / ".lab").mkdir()
        (checkout / ".lab" / "build").symlink_to(built)
        made.append(checkout)
        return checkout

    yield make
    for checkout in made:
        Lab(checkout).down(images=True)


@pytest.fixture(scope="module")
def lab(make_checkout: Callable[[str], Path]) -> Lab:
    """A lab with one Japanese system."""
    lab = Lab(make_checkout("checkout"))
    lab.up(systems=1, version="10-00", locale="ja")
    return lab


def command(lab: Lab, host: str, line: str) -> tuple[int, str]:
    """Run a command by WinRM; its exit code and output."""
    session = winrm.Session(
        f"https://127.0.0.1:{lab.host(host).port}/wsman",
        (USER, lab.credentials.winrm_password),
        transport="ntlm",
        ca_trust_path=str(lab.folder / "ca.crt"),
        operation_timeout_sec=2,
        read_timeout_sec=4,
    )
    answer = session.run_cmd(line)
    return answer.status_code, answer.std_out.decode("utf-8", "replace")


def test_a_new_system_is_healthy(lab: Lab) -> None:
    manager, database = lab.look("JP1MGR01"), lab.look("JP1DB01")
    assert manager["version"] == database["version"] == "10-00"
    assert manager["license_registered"]
    states = {name: service["state"] for host in (manager, database) for name, service in host["services"].items()}
    assert states == dict.fromkeys(["JP1_ITDM_Service", "JP1_ITDM_Web", "JP1_ITDM_DB", "LabAgents"], "RUNNING")
    assert database["schema"] == "10-00"
    assert len([record for record in database["records"] if record["id"].startswith("R-")]) == 200
    assert {record["format"] for record in database["records"]} == {"10-00"}
    assert "会計ソフト.pkg" in database["packages"]
    assert lab.inventory_file.stat().st_mode & 0o777 == 0o600


def test_records_are_accepted_and_none_is_lost(lab: Lab) -> None:
    time.sleep(1.5)
    records = lab.records()
    assert len(records["accepted"]) >= 2
    assert records["lost"] == records["twice"] == []


def test_reset_brings_back_the_state_after_up(lab: Lab) -> None:
    hosts, before = lab.hosts(), lab.look("JP1DB01")
    lab.fault("JP1DB01", "disk:D", free=1)
    lab.wire_fault("JP1DB01", kind="http", skip=50)
    assert command(lab, "JP1DB01", "mkdir C:\\left & sc stop JP1_ITDM_DB")[0] == 0
    start = time.monotonic()
    lab.reset(1)
    elapsed = time.monotonic() - start
    print(f"reset of a system: {elapsed:.1f} s")
    after = lab.look("JP1DB01")
    assert lab.hosts() == hosts
    assert {**after, "records": 0, "services": 0} == {**before, "records": 0, "services": 0}
    assert after["services"]["JP1_ITDM_DB"]["state"] == "RUNNING"
    assert lab.faults("JP1DB01") == {}
    assert lab.wire_log("JP1DB01") == []
    assert command(lab, "JP1DB01", "if exist C:\\left exit 9")[0] == 0


def test_restart_and_power_loss(lab: Lab) -> None:
    command(lab, "JP1MGR01", "echo kept> C:\\kept.txt")
    for action in (lab.restart, lab.power_loss):
        action("JP1MGR01")
        lab.wait_until_usable("JP1MGR01", product=True)
        assert command(lab, "JP1MGR01", "type C:\\kept.txt") == (0, "kept\r\n")
    assert lab.look("JP1MGR01")["license_registered"]


def test_a_frozen_host_does_not_answer_until_it_goes_on(lab: Lab) -> None:
    lab.pause("JP1DB01")
    try:
        assert lab.running() == {"JP1MGR01": "running", "JP1DB01": "paused"}
        with pytest.raises(requests.exceptions.RequestException):
            command(lab, "JP1DB01", "ver")
    finally:
        lab.unpause("JP1DB01")
    assert command(lab, "JP1DB01", "ver")[0] == 0


@pytest.mark.parametrize("kind", ["expired", "other-authority", "wrong-name"])
def test_a_bad_certificate_is_presented_until_the_next_reset(lab: Lab, kind: str) -> None:
    lab.certificate("JP1DB01", kind)
    with pytest.raises(requests.exceptions.SSLError):
        command(lab, "JP1DB01", "ver")
    lab.reset()
    assert command(lab, "JP1DB01", "ver")[0] == 0


def test_another_checkouts_lab_is_not_touched(lab: Lab, make_checkout: Callable[[str], Path]) -> None:
    other = Lab(make_checkout("other"))
    other.up()
    mine, theirs = lab.hosts(), other.hosts()
    assert not {(host.container, host.port, host.address) for host in mine} & {(host.container, host.port, host.address) for host in theirs}
    assert other.credentials != lab.credentials
    assert command(other, "JP1DB01", "ver")[0] == 0
    other.down()
    assert lab.running() == {"JP1MGR01": "running", "JP1DB01": "running"}
    assert command(lab, "JP1DB01", "ver")[0] == 0


def test_what_a_killed_up_left_is_cleared_by_the_next(make_checkout: Callable[[str], Path]) -> None:
    checkout = make_checkout("killed")
    lab = Lab(checkout)
    program = f"from pathlib import Path; from tests.lab.control.cli import main; main(Path({str(checkout)!r}), ['up'])"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=TESTS.parent, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (lab.folder / "hosts" / "JP1DB01" / "users").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (lab.folder / "state.json").write_text('{"version": ', encoding="utf-8")
    lab.up()
    assert set(lab.running().values()) == {"running"}
    lab.down()
    assert not (lab.folder / "state.json").exists()
