# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person or an accident does to a system."""

from __future__ import annotations

import time
from typing import Any

from tests.faults.controller import Controller, playbook
from tests.integration.lab.product_by_hand import Host
from tests.integration.lab_system import CHECKOUT, NEW, System

_LIMIT_SECONDS = 300


def lose_controller(system: System) -> dict[str, Any]:
    """Start an upgrade and kill ansible-playbook as soon as a fault slows the new version's installer on the database server down.

    :returns: C(installer_runs), whether the installer had not ended then.
    """
    controller = Controller(playbook("upgrade", system.lab.inventory_file, system.manager, {}), system.manager, CHECKOUT)
    try:
        end = time.monotonic() + _LIMIT_SECONDS
        while "fault" not in _installer(system):
            assert controller.runs and time.monotonic() < end, f"no fault has met the installation:\n{controller.output()}"
            time.sleep(0.5)
    finally:
        controller.kill()
        controller.forget()
    return {"installer_runs": _installer(system) == ["start", "fault"]}


def _installer(system: System) -> list[str]:
    """What the new version's installer on the database server has noted."""
    events = system.lab.programs(system.database)
    processes = {event.process for event in events if (event.kind, event.name, event.version) == ("start", "SETUP", NEW)}
    return [event.kind for event in events if event.process in processes]


def set_up_by_hand(system: System) -> dict[str, Any]:
    """Do what a person does who runs Setup on the database server.

    :returns: C(output) of Setup.
    """
    person = Host(system.lab, system.database)
    try:
        code = person.call("jdmsetup", "/s /upgradedb", system.lab.credentials.database_password)
        assert code == 0, person.last_output
        return {"output": person.last_output}
    finally:
        person.close()
