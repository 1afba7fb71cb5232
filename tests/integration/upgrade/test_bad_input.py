# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input gets one clear error before anything changes, which names host, option and remedy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.integration.lab_system import DATABASE, MANAGER, System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.integration.upgrade.inventories import Inventory
from tests.integration.upgrade.test_preflight import nothing_changes

MEDIA = "D:\\JP1\\media\\"


@pytest.fixture
def inventory(clean: System, tmp_path: Path) -> Inventory:
    """The inventory to spoil."""
    return Inventory(clean.lab.inventory_file, tmp_path)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"profile": "jp1_itdm_v99"}, ["jp1_itdm_v99", "jp1_itdm_v10"]),
        ({"profile_overrides": {"backup.argw": []}}, ["backup.argw", "Did you mean backup.argv?"]),
        ({"profile_overrides": {"backup.time_limit": "long"}}, ["backup.time_limit", "whole number"]),
        ({"target_version": "V10"}, ["target_version", "'V10' is not a version", "VV-RR"]),
        ({"target_version": "10-50", "media_folder": MEDIA + "10-50"}, ["target_version", "JP1/IT Desktop Management 2"]),
        ({"target_version": "09-51", "media_folder": MEDIA + "09-51"}, ["target_version", "would be a downgrade"]),
        ({"target_version": "10-00", "media_folder": MEDIA + "10-00"}, ["upgrade_media_folder and upgrade_old_media_folder"]),
        ({"backup_folder": "\\\\server\\backup"}, ["upgrade_backup_folder", "local drive"]),
        ({"confirmed_steps": ["everything"]}, ["upgrade_confirmed_steps"]),
        ({"database_server": "NOBODY"}, ["upgrade_database_server", "NOBODY", "jp1_itdm_database_servers"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_wrong_options(clean: System, variables: dict[str, Any], words: list[str]) -> None:
    with nothing_changes(clean):
        run = Playbooks(clean)("upgrade", **variables)
    assert run.exit_code != 0 and run.changed == 0
    for word in [clean.manager, *words]:
        assert word in run.text, run.output


def test_a_management_server_without_a_database_server(clean: System, inventory: Inventory) -> None:
    del inventory.managers[clean.manager]["upgrade_database_server"]
    run = Playbooks(clean, inventory.write())("upgrade")
    run.assert_blocked(f"{clean.manager}: upgrade_database_server is not set", "Name the database server")


def test_two_management_servers_with_one_database_server(clean: System, inventory: Inventory) -> None:
    inventory.managers["OTHER"] = {"upgrade_database_server": clean.database}
    run = Playbooks(clean, inventory.write())("upgrade")
    run.assert_blocked(clean.manager, "OTHER names the same upgrade_database_server", "a database server of its own")


class _WebServer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_error(501)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web_port() -> Iterator[int]:
    """The port of a server that knows nothing of WinRM."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _WebServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.mark.parametrize("host", [MANAGER, DATABASE], ids=["management server", "database server"])
def test_an_unreachable_server(clean: System, inventory: Inventory, host: str) -> None:
    {**inventory.managers, **inventory.databases}[host]["ansible_port"] = 9
    with nothing_changes(clean):
        run = Playbooks(clean, inventory.write())("upgrade").assert_end("BLOCKED")
    assert run.result["failure"]["host"] == host and run.result["failure"]["remedy"]


def test_a_wrong_password(clean: System, inventory: Inventory) -> None:
    inventory.databases[clean.database]["ansible_password"] = "Wrong.Password.1"
    run = Playbooks(clean, inventory.write())("upgrade").assert_end("BLOCKED").assert_blocked(clean.database, "ansible_password")
    assert "Wrong.Password.1" not in run.output


def test_a_web_server_instead_of_windows(clean: System, inventory: Inventory, web_port: int) -> None:
    inventory.managers[clean.manager].update(ansible_port=web_port, ansible_winrm_scheme="http")
    run = Playbooks(clean, inventory.write())("upgrade").assert_end("BLOCKED")
    assert run.result["failure"]["host"] == clean.manager
    assert "WinRM" in run.result["failure"]["message"] + run.result["failure"]["remedy"]


@pytest.mark.parametrize(("connection", "remedy"), [("local", "winrm"), ("ssh", "ansible_shell_type")])
def test_a_connection_without_windows(clean: System, inventory: Inventory, connection: str, remedy: str) -> None:
    inventory.managers[clean.manager]["ansible_connection"] = connection
    run = Playbooks(clean, inventory.write())("upgrade").assert_end("BLOCKED")
    assert run.result["failure"]["host"] == clean.manager
    assert remedy in run.result["failure"]["remedy"]


def test_an_expired_certificate(system: System, run: Playbooks) -> None:
    system.lab.certificate(system.database, "expired")
    blocked = run("upgrade").assert_end("BLOCKED")
    assert blocked.result["failure"]["host"] == system.database
    assert "certificate" in blocked.result["failure"]["message"] and "expired" in blocked.result["failure"]["message"]
