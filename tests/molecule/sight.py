# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is really on a system, by the lab's own look; WinRM and the collection take no part."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.judge import not_equal, not_healthy
from tests.faults.scene import EXECUTABLES
from tests.integration.lab_system import Picture, System
from tests.lab.control.names import VERSIONS
from tests.lab.control.programs import Event

_MANIFEST = "/manifest.json"


def look(system: System, before: dict[str, Any] | None) -> dict[str, Any]:
    """Look at both servers.

    :param before: what this has returned before the run.
    :returns: C(manager) and C(database), as the lab's C(look); C(records), its count; C(files), the SHA-256 of each file in the product's
        folder of the data drive, by server; C(backups), likewise what the manifest of each backup lists and what its folder has, by folder;
        C(steps) and C(struck), the programs that change something in the order of their starts, and the faults that struck, as
        "server program version"; C(wrong), what is missing for a healthy system, by version; C(different), what is not as before.
    """
    picture = system.look()
    servers = {"manager": system.manager, "database": system.database}
    files = {server: system.files(host, "JP1") for server, host in servers.items()}
    backups = [path.removesuffix(_MANIFEST) for path in files["database"] if path.endswith(_MANIFEST)]
    events = [(event, server) for server, host in servers.items() for event in system.lab.programs(host)]
    events.sort(key=lambda pair: pair[0].time)
    return {
        "manager": picture.manager,
        "database": picture.database,
        "records": system.lab.records(system.number),
        "files": files,
        "backups": {"D:\\JP1\\" + folder.replace("/", "\\"): _backup(system, f"JP1/{folder}") for folder in backups},
        "steps": [f"{server} {event.name} {event.version}" for event, server in events if _changes(event)],
        "struck": [f"{server} {event.name}" for event, server in events if event.kind == "fault"],
        "wrong": {version: not_healthy(picture, version, system.lab.folder / "build/product/media") for version in VERSIONS},
        "different": not_equal(Picture(before["manager"], before["database"]), picture) if before else [],
    }


def _changes(event: Event) -> bool:
    return event.kind == "start" and f"{event.name.lower()}.exe" in EXECUTABLES and "/status" not in event.text


def _backup(system: System, folder: str) -> dict[str, dict[str, str]]:
    listed = json.loads(system.read(system.database, folder + _MANIFEST))["files"]
    return {
        "listed": {file["path"].replace("\\", "/"): file["sha256"] for file in listed},
        "files": system.files(system.database, f"{folder}/database"),
    }
