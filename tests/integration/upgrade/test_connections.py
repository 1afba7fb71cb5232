# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole upgrade over the connections other than winrm, which all other tests use."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.lab_system import NEW, System
from tests.integration.upgrade.ansible_runs import Playbooks


def is_over(connection: str, entry: dict[str, Any]) -> bool:
    """Whether a message came over this connection and not over another."""
    return (entry.get("transport") == "ssh") == (connection == "ssh")


@pytest.mark.slow
@pytest.mark.parametrize("connection", ["psrp", "ssh"])
def test_an_upgrade(system: System, connection: str) -> None:
    run = Playbooks(system, system.lab.inventory_for(connection))
    before = system.look()
    start = time.monotonic()
    run("upgrade").assert_end("SUCCEEDED")
    seconds = time.monotonic() - start
    sent = {server: system.lab.wire_log(server) for server in (system.manager, system.database)}
    print(f"One upgrade over {connection}: {seconds:.0f} s, { ({server: len(entries) for server, entries in sent.items()}) } round trips")
    assert all(entries and all(is_over(connection, entry) for entry in entries) for entries in sent.values())
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
    assert run("upgrade").assert_end("NOTHING_TO_DO").changed == 0
