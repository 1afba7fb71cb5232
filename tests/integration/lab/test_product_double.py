# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product double has the product's teeth: tried over WinRM, judged by the lab's own look at the hosts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.integration.lab.product_by_hand import (
    BACKUP,
    BIN,
    DATABASE,
    MANAGER,
    MEDIA,
    NEW,
    OLD,
    PROGRAMS,
    RESPONSE,
    TIMEOUT,
    Host,
    System,
    half_installed,
    installed,
    wait_until,
)
from tests.integration.lab_system import NUMBER
from tests.lab.control.lab import Lab

PROVISIONED = 200


@pytest.fixture
def system(lab: Lab) -> Iterator[System]:
    """This process's system, as after C(up), with a product that does not dawdle."""
    lab.reset(NUMBER)
    for name in (MANAGER, DATABASE):
        lab.fault(name, "product", seconds=0)
    result = System(lab)
    yield result
    result.manager.close()
    result.database.close()


def test_upgrade_by_hand(lab: Lab, system: System) -> None:
    """The guide's five steps, with nothing lost."""
    before = lab.look(DATABASE)["records"]
    assert len(before) >= PROVISIONED
    assert system.export() == 0
    assert system.database.call("dbstat", f"/backup {BACKUP}") == 0
    assert system.manager.call("stopservice") == 0
    system.database.stop_service("JP1_ITDM_DB")
    assert system.database.install(NEW, start=True) == 0
    assert system.database.service("JP1_ITDM_DB")[0] == "RUNNING"
    assert system.upgrade_database() == 0
    assert system.manager.install(NEW, start=True) == 0
    assert installed(lab, DATABASE, NEW) and installed(lab, MANAGER, NEW)
    assert lab.look(DATABASE)["schema"] == NEW and set(system.formats()) == {NEW}
    assert system.manager.service("JP1_ITDM_Service")[0] == "RUNNING"
    assert lab.look(MANAGER)["license_registered"]
    count = len(lab.records(NUMBER)["accepted"])
    wait_until(lambda: len(lab.records(NUMBER)["accepted"]) > count)
    records = lab.records(NUMBER)
    assert {record["id"] for record in before} <= set(records["in_database"])
    assert records["lost"] == [] and records["twice"] == []


def test_rollback_by_hand(lab: Lab, system: System) -> None:
    """From the new version on both servers back to the old one, as the guide says: old version, licence, restore."""
    packages = lab.look(DATABASE)["packages"]
    assert system.export() == 0
    system.stop()
    for host in (system.database, system.manager):
        assert host.install(NEW) == 0
    assert system.upgrade_database() == 0
    for host in (system.database, system.manager):
        assert host.install(OLD) == 21
        assert host.uninstall(OLD) == 21
        assert host.uninstall(NEW) == 0
        assert host.uninstall(NEW) == 26
        assert lab.look(host.name)["programs"] == {} and lab.look(host.name)["version"] is None
        assert host.install(OLD) == 0
    assert system.database.start_service("JP1_ITDM_DB") == ("STOPPED", 103)  # the schema is newer now
    assert system.manager.call("startservice") == 8
    assert system.manager.call("licreg", "/stdin", system.key) == 0
    assert system.restore() == 32
    assert system.manager.call("stopservice") == 0
    assert system.restore() == 0
    assert system.database.call("dbstat") == 0
    restored = system.database.last_output
    assert system.database.call("dbstat", f"/backup {BACKUP}") == 0
    assert system.database.last_output.split("records=")[1] == restored.split("records=")[1]
    assert set(system.formats()) == {OLD} and lab.look(DATABASE)["packages"] == packages
    assert system.database.start_service("JP1_ITDM_DB")[0] == "RUNNING"
    assert system.manager.call("startservice") == 0
    assert installed(lab, DATABASE, OLD) and installed(lab, MANAGER, OLD)


def test_manager_refuses_to_start(lab: Lab, system: System) -> None:
    """Other version, missing licence, unreachable database; Setup may be skipped once, not twice."""
    manager, database = system.manager, system.database
    system.stop()
    assert manager.start_service("JP1_ITDM_Service") == ("STOPPED", 104)
    assert database.install(NEW, start=True) == 0
    assert manager.call("startservice") == 12
    assert manager.service("JP1_ITDM_Service") == ("STOPPED", 101)
    assert manager.call("stopservice") == 0
    assert manager.install(NEW, start=True) == 0  # the schema is one step behind
    assert manager.service("JP1_ITDM_Service")[0] == "RUNNING"
    assert manager.call("stopservice") == 0
    assert manager.uninstall(NEW) == 0 and manager.install(NEW) == 0
    # Wine's service manager may need a moment to forget the services that were deleted
    assert any(manager.call("startservice") == 8 for _ in range(3))
    assert manager.service("JP1_ITDM_Service") == ("STOPPED", 102)
    assert manager.service("JP1_ITDM_Web")[0] == "RUNNING"


def test_schema_two_steps_behind(lab: Lab, system: System) -> None:
    """Programs of 10-10 do not work with a database of 09-51 until Setup has run."""
    system.stop()
    schema = "C:\\ProgramData\\Hitachi\\jp1itdmm\\Database\\schema.ini"
    assert system.database.run(f"(echo [Database]& echo Schema=09-51) > {schema}") == 0
    assert system.database.install(NEW, start=True) == 0  # a service that refuses is a warning, not an error
    assert system.database.service("JP1_ITDM_DB") == ("STOPPED", 103)
    assert system.upgrade_database() == 0
    assert system.database.start_service("JP1_ITDM_DB")[0] == "RUNNING"
    assert system.manager.install(NEW, start=True) == 0
    assert system.manager.service("JP1_ITDM_Service")[0] == "RUNNING"


def test_licence(lab: Lab, system: System) -> None:
    """Only while the operation window runs, and only a right key; the key itself is not kept."""
    manager = system.manager
    assert manager.call("licreg", "/stdin", "LABKEY-WRONGKEY1-01") == 42
    assert manager.call("stopservice") == 0
    assert manager.call("licreg", "/stdin", system.key) == 41
    assert manager.call("startservice") == 0
    lab.fault(MANAGER, "program:licreg", kind="fail", when="middle", exit_code=9, count=1)
    assert manager.call("licreg", "/stdin", system.key) == 9
    assert manager.call("licreg", "/status") == 0 and "registered=no" in manager.last_output
    assert manager.call("licreg", "/stdin", system.key) == 0
    assert manager.call("licreg", "/status") == 0 and "registered=yes" in manager.last_output
    assert manager.run(f'find "{system.key}" "{BIN}..\\conf\\license.dat"') == 1


def test_installer_conditions(lab: Lab, system: System) -> None:
    """Running services, too little disk, a bad response file, no desktop: refused, and nothing touched."""
    manager, database = system.manager, system.database
    assert manager.install(NEW) == 22 and database.install(NEW) == 22
    assert manager.uninstall(OLD) == 22 and database.uninstall(OLD) == 22
    assert manager.call("stopservice") == 0 and manager.call("stopservice") == 4
    assert database.install(NEW) == 23 and database.uninstall(OLD) == 23
    database.stop_service("JP1_ITDM_DB")
    for host in (manager, database):
        lab.fault(host.name, "disk:C", free=2_399_999_999)
        assert host.install(NEW) == 24
        lab.fault(host.name, "disk:C", free=2_400_000_000)
        host.respond("AutoUpdate=perhaps", "StartServices=no")
        assert host.run(f"call {MEDIA}{NEW}\\SETUP.EXE /s /f {RESPONSE}") == 25
        assert host.run(f"call {MEDIA}{NEW}\\SETUP.EXE /s /f D:\\JP1\\missing.ini") == 25
        assert host.run(f"call {MEDIA}{NEW}\\SETUP.EXE") == 2
        assert installed(lab, host.name, OLD)
        assert host.install(OLD) == 0  # repair
    assert database.start_service("JP1_ITDM_DB")[0] == "RUNNING"
    assert manager.call("startservice") == 0  # the repair kept the licence


@pytest.mark.parametrize("name", [MANAGER, DATABASE], ids=["management server", "database server"])
def test_failing_installer(lab: Lab, system: System, name: str) -> None:
    """Before, in the middle of and after its effect; only the new version's; the old version mends the half one."""
    system.stop()
    host = system.manager if name == MANAGER else system.database
    lab.fault(name, "program:installer", kind="fail", when="before", exit_code=3010, version=NEW)
    assert host.install(NEW) == 3010 and installed(lab, name, OLD)
    lab.fault(name, "program:installer", kind="crash", when="middle", version=NEW)
    assert host.install(NEW) & 0xFFFFFFFF == 0xC0000005 and half_installed(lab, name, NEW)
    assert host.install(OLD) == 0 and installed(lab, name, OLD)
    lab.fault(name, "program:installer", kind="nothing", version=NEW)
    assert host.install(NEW) == 0 and installed(lab, name, OLD)
    lab.fault(name, "program:installer", kind="fail", when="after", exit_code=-1, count=1)
    assert host.install(NEW) in (-1, 0xFFFFFFFF) and installed(lab, name, NEW)
    assert host.install(NEW) == 0  # the fault is used up
    lab.fault(name, "program:uninstaller", kind="fail", when="middle", exit_code=7, count=1)
    assert host.uninstall(NEW) == 7
    assert lab.look(name)["version"] == NEW and len(lab.look(name)["programs"]) == PROGRAMS // 2
    assert host.uninstall(NEW) == 0 and host.install(OLD) == 0 and installed(lab, name, OLD)
    lab.fault(name, "product", seconds=0, allow_downgrade=1)
    assert host.install(NEW) == 0 and host.install(OLD) == 0 and installed(lab, name, OLD)
    assert not lab.look(name)["license_registered"]


def test_installer_killed(lab: Lab, system: System) -> None:
    """Power lost in the middle of an installation leaves the same half state, and installing again mends it."""
    system.stop()
    database = system.database
    lab.fault(DATABASE, "program:installer", kind="hang", when="middle", count=1)
    database.respond("AutoUpdate=yes", "StartServices=no")
    setup = threading.Thread(target=database.run_until_killed, args=(f"call {MEDIA}{NEW}\\SETUP.EXE /s /f {RESPONSE}",), daemon=True)
    setup.start()
    wait_until(lambda: half_installed(lab, DATABASE, NEW))
    lab.power_loss(DATABASE)
    setup.join(TIMEOUT)
    assert half_installed(lab, DATABASE, NEW)
    again = Host(lab, DATABASE)
    # It starts with Windows, after WinRM perhaps; its program was among the first half.
    wait_until(lambda: again.service("JP1_ITDM_DB")[0] == "RUNNING")
    again.stop_service("JP1_ITDM_DB")
    assert again.install(NEW) == 0 and installed(lab, DATABASE, NEW)
    lab.restart(DATABASE)
    assert installed(lab, DATABASE, NEW)
    database.forget()


def test_setup(lab: Lab, system: System) -> None:
    """Setup wants the password and the services down; half done, it leaves two formats until it is run again."""
    database = system.database
    assert system.upgrade_database() == 32
    assert database.call("jdmsetup", "/s /upgradedb", "wrong") == 5
    system.stop()
    assert database.install(NEW) == 0
    lab.fault(DATABASE, "program:setup", kind="fail", when="middle", exit_code=9, count=1)
    assert system.upgrade_database() == 9
    assert set(system.formats()) == {OLD, NEW} and lab.look(DATABASE)["schema"] == OLD
    assert database.call("dbstat") == 51
    assert f"records={sum(system.formats().values())}" in database.last_output
    assert database.start_service("JP1_ITDM_DB") == ("STOPPED", 105)
    assert system.upgrade_database() == 0
    assert set(system.formats()) == {NEW} and database.call("dbstat") == 0
    assert system.upgrade_database() == 0  # already done
    assert database.start_service("JP1_ITDM_DB")[0] == "RUNNING"


def test_export(lab: Lab, system: System) -> None:
    """A backup is of one moment, while records keep coming; half written ones are seen for what they are."""
    database = system.database
    assert database.call("exportdb", f"/f {BACKUP}", "wrong") == 5
    lab.fault(DATABASE, "product", seconds=2)
    assert system.export() == 0
    assert system.export() == 6
    lab.fault(DATABASE, "product", seconds=0)
    assert database.call("dbstat") == 0
    now = database.last_output
    assert database.call("dbstat", f"/backup {BACKUP}") == 0
    assert database.last_output.split("records=")[1].split()[0] < now.split("records=")[1].split()[0]
    lab.fault(DATABASE, "disk:D", free=70_000)
    assert system.export("D:\\JP1\\full") == 7
    lab.fault(DATABASE, "disk:D")
    lab.fault(DATABASE, "program:exportdb", kind="fail", when="middle", exit_code=0, count=1)
    assert system.export("D:\\JP1\\half") == 0  # it lies
    assert system.manager.call("stopservice") == 0
    for folder in ("D:\\JP1\\full", "D:\\JP1\\half", "D:\\JP1\\nowhere"):
        assert system.restore(folder) == 33
    assert system.restore(BACKUP) == 0
    lost = lab.records(NUMBER)["lost"]
    times = dict((identity, when) for when, identity in lab.records(NUMBER)["accepted"])
    database.run(f"type {BACKUP}\\export.ini")
    moment = database.last_output.split("Time=")[1].split()[0]
    assert lost and all(times[identity] > moment for identity in lost)


def test_restore(lab: Lab, system: System) -> None:
    """A restore wants the same version; half done, it leaves half of the records."""
    assert system.export() == 0
    assert system.restore() == 32
    system.stop()
    assert system.database.call("importdb", f"/f {BACKUP}", "wrong") == 5
    before = lab.look(DATABASE)
    lab.fault(DATABASE, "program:importdb", kind="fail", when="middle", exit_code=9, count=1)
    assert system.restore() == 9
    assert 0 < len(lab.look(DATABASE)["records"]) < len(before["records"])
    assert system.database.run(f'del "{BACKUP}\\packages\\agent-update.pkg"') == 0
    assert system.restore() == 33
    assert system.database.install(NEW) == 0
    assert system.restore() == 31


def test_services_come_back(lab: Lab, system: System) -> None:
    """The database may go and come back under a running manager, and both servers may boot in any order."""
    system.database.stop_service("JP1_ITDM_DB")
    accepted = len(lab.records(NUMBER)["accepted"])
    time.sleep(2)
    assert len(lab.records(NUMBER)["accepted"]) == accepted
    assert system.manager.service("JP1_ITDM_Service")[0] == "RUNNING"
    assert system.database.start_service("JP1_ITDM_DB")[0] == "RUNNING"
    wait_until(lambda: len(lab.records(NUMBER)["accepted"]) > accepted)
    lab.switch_off(DATABASE)
    lab.switch_off(MANAGER)
    lab.switch_on(MANAGER)
    lab.switch_on(DATABASE)
    lab.wait_until_usable(MANAGER, product=True)
    accepted = len(lab.records(NUMBER)["accepted"])
    wait_until(lambda: len(lab.records(NUMBER)["accepted"]) > accepted)
    assert lab.records(NUMBER)["lost"] == [] and lab.records(1)["twice"] == []
    system.manager.forget()
    system.database.forget()


def test_faulty_services(lab: Lab, system: System) -> None:
    """A service that will not start, one that is slow, and commands that stop half way."""
    manager = system.manager
    lab.fault(MANAGER, "program:stopservice", kind="fail", when="middle", exit_code=3, count=1)
    assert manager.call("stopservice") == 3
    assert manager.service("JP1_ITDM_Service")[0] == "STOPPED" and manager.service("JP1_ITDM_Web")[0] == "RUNNING"
    assert manager.call("stopservice") == 0
    lab.fault(MANAGER, "service:JP1_ITDM_Service", start="fail", exit_code=77, count=1)
    assert manager.call("startservice") == 12
    assert manager.service("JP1_ITDM_Service") == ("STOPPED", 77)
    lab.fault(MANAGER, "service:JP1_ITDM_Service", start="slow", seconds=3, count=1)
    begin = time.monotonic()
    manager.run("sc start JP1_ITDM_Service")
    assert manager.service("JP1_ITDM_Service")[0] == "START_PENDING"
    assert manager.call("startservice") == 0
    assert time.monotonic() - begin >= 3
    page = requests.get(f"http://{lab.host(MANAGER).address}:31080/jp1itdm/jp1itdm.jsp", timeout=10)
    assert page.status_code == 200 and OLD in page.text
