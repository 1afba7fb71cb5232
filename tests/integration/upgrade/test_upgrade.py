# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrade itself, as a user runs it."""

from __future__ import annotations

import json

import pytest

from tests.integration.lab_system import NEW, OLD, System, records_in
from tests.integration.upgrade.ansible_runs import Playbooks, Run

MOST_REQUESTS = {"manager": 300, "database": 750}


def backup_of(system: System, run: Run) -> str:
    """The folder of a run's backup, as the lab sees the data drive."""
    folder = run.result["backup_folder"]
    assert folder.startswith("D:\\JP1\\backup\\") and "\\\\" not in folder
    return str(folder[3:]).replace("\\", "/")


def test_upgrade_and_second_run(system: System, run: Playbooks) -> None:
    before = system.look()
    first = run("upgrade").assert_end("SUCCEEDED")
    requests = {"manager": len(system.lab.wire_log(system.manager)), "database": len(system.lab.wire_log(system.database))}
    print(f"HTTP requests of one upgrade: {requests}")
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)
    assert all(requests[server] <= most for server, most in MOST_REQUESTS.items())

    result = first.result
    assert {server: (seen["host"], seen["version_before"], seen["version_after"]) for server, seen in result["servers"].items()} == {
        "management_server": (system.manager, OLD, NEW),
        "database_server": (system.database, OLD, NEW),
    }
    assert (result["schema_before"], result["schema_after"]) == (OLD, NEW)
    records = result["records"]
    assert len(before.records) <= records["before"] <= records["in_backup"] <= records["at_stop"] <= records["after"]
    assert records["at_risk"] == records["at_stop"] - records["in_backup"]
    assert records["lost"] == 0
    assert 0 < result["downtime_seconds"] < 120
    assert result["failure"] == result["rollback_failure"] == {} and result["next_command"] == ""

    folder = backup_of(system, first)
    manifest = json.loads(system.read(system.database, f"{folder}/manifest.json"))
    listed = {file["path"].replace("\\", "/"): file["sha256"] for file in manifest["files"]}
    assert listed == system.files(system.database, f"{folder}/database")
    backed_up = records_in(system.read(system.database, f"{folder}/database/records.dat"))
    assert len(backed_up) == manifest["records"] == records["in_backup"]
    assert set(before.records) <= set(backed_up)

    picture = system.look()
    assert picture.manager["components"]["AutoUpdate"] == "no"
    second = run("upgrade").assert_end("NOTHING_TO_DO")
    assert second.changed == 0
    assert system.look().manager == picture.manager
    assert system.files(system.database, f"{folder}/database") == listed
    assert "commit.yml" in run("status").text


@pytest.mark.slow
def test_upgrade_from_the_version_before(system: System, run: Playbooks) -> None:
    system.reset(version="09-51")
    before = system.look()
    done = run("upgrade", old_media_folder="D:\\JP1\\media\\09-51", core="oldest").assert_end("SUCCEEDED")
    assert (done.result["schema_before"], done.result["schema_after"]) == ("09-51", NEW)
    system.assert_healthy(NEW)
    system.assert_nothing_lost(before)


@pytest.mark.slow
def test_japanese_hosts(system: System, run: Playbooks) -> None:
    """Labels and messages in code page 932: rolled back, then upgraded."""
    system.reset(locale="ja")
    before = system.look()
    system.fault(system.manager, "program:installer", kind="fail", when="middle", exit_code=3, version=NEW)
    back = run("upgrade", core="newest").assert_end("ROLLED_BACK")
    system.assert_healthy(OLD)
    system.assert_lost(before, back.result["records"]["lost"])
    system.clear_faults()
    run("upgrade", core="newest").assert_end("SUCCEEDED")
    assert system.assert_healthy(NEW).database["packages"] == before.database["packages"]


def test_options(system: System, run: Playbooks) -> None:
    """The services are stopped first and started by us, Setup is left out, components are updated, and the backup goes at the end."""
    before = system.look()
    done = run(
        "upgrade", stop_before_backup=True, skip_database_upgrade=True, start_by_installer=False, auto_update=True, commit=True
    ).assert_end("SUCCEEDED")
    assert done.result["records"]["at_risk"] == 0
    assert done.result["schema_after"] == OLD
    assert system.assert_healthy(NEW, schema=OLD).manager["components"]["AutoUpdate"] == "yes"
    system.assert_nothing_lost(before)
    assert system.files(system.database, "JP1/backup") == {}
