# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of the rollback fails: the run says so, and the command that it prints ends the matter."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks
from tests.integration.upgrade.test_rollback import assert_rolled_back, fail

SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("server", "program", "keys"),
    [
        pytest.param("database", "importdb", {"when": "middle"}, marks=SLOW),  # the fault matrix's subset has the like
        pytest.param("database", "installer", {"when": "before", "version": OLD}, marks=SLOW),
        pytest.param("manager", "installer", {"when": "middle", "version": OLD}, marks=SLOW),
        pytest.param("manager", "uninstaller", {"when": "middle", "version": NEW}, marks=SLOW),
        pytest.param("manager", "licreg", {"when": "before"}, marks=SLOW),
        pytest.param("manager", "startservice", {"when": "before", "version": OLD}, marks=SLOW),
    ],
    ids=["restore", "old version on the database server", "old version on the management server", "removal", "licence", "start"],
)
def test_the_printed_command_completes_the_rollback(
    system: System, run: Playbooks, server: str, program: str, keys: dict[str, str]
) -> None:
    before = system.look()
    host = system.manager if server == "manager" else system.database
    if (server, program) == ("manager", "installer"):
        # one fault for each program: here the upgrade fails when the new services are to start
        system.fault(system.manager, "program:startservice", kind="fail", when="before", exit_code=3, version=NEW)
    else:
        fail(system, "installer on the management server", "after")
    system.fault(host, f"program:{program}", kind="fail", exit_code=9, **keys)
    failed = run("upgrade", start_by_installer=False).assert_end("ROLLBACK_FAILED")
    command = failed.result["next_command"]
    assert "rollback.yml" in command and failed.last_line.endswith(command)
    assert failed.result["rollback_failure"]["host"] == host

    again = run("upgrade").assert_end("BLOCKED")
    assert "rollback.yml" in again.last_line

    system.clear_faults()
    back = run.command(command)
    assert_rolled_back(system, before, back, requested=True)


@SLOW
def test_without_the_old_media_there_is_no_way_back(system: System, run: Playbooks) -> None:
    """It runs only with the user's explicit consent, and then says what the guide says."""
    refused = run("upgrade", old_media_folder="")
    refused.assert_end("BLOCKED").assert_blocked("upgrade_old_media_folder is empty", "upgrade_accept_no_way_back", "support service")
    system.assert_healthy(OLD)
    fail(system, "installer on the management server", "middle")
    failed = run("upgrade", old_media_folder="", accept_no_way_back=True).assert_end("ROLLBACK_FAILED")
    assert "support service" in failed.last_line
    assert system.files(system.database, "JP1/backup") != {}
