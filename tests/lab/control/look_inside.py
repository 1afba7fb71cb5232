# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside a host's container, given to its Python on standard input, and prints as JSON what is really there.

It reads files itself and asks look.exe for services and registry values: neither WinRM nor doubles of Windows tools
take part.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

DRIVE_C = Path(os.environ["WINEPREFIX"]) / "drive_c"
INSTALL = DRIVE_C / "Program Files (x86)/Hitachi/jp1itdmm/mgr"
DATA = DRIVE_C / "ProgramData/Hitachi/jp1itdmm"
STATES = {
    1: "STOPPED",
    2: "START_PENDING",
    3: "STOP_PENDING",
    4: "RUNNING",
    5: "CONTINUE_PENDING",
    6: "PAUSE_PENDING",
    7: "PAUSED",
}
START_TYPES = {2: "AUTO_START", 3: "DEMAND_START", 4: "DISABLED"}


def ini(path: Path, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(path.read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, configparser.Error):
        return {}
    return dict(parser[section]) if parser.has_section(section) else {}


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def records(path: Path) -> list[dict[str, str]]:
    """Each record's id and format; a line that is no record counts as format "damaged"."""
    try:
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    parts = [line.split(";") for line in lines]
    return [
        {"id": part[1], "format": part[0], "time": part[2]} if len(part) >= 5 else {"id": "", "format": "damaged", "time": ""}
        for part in parts
    ]


def windows() -> dict[str, Any]:
    """Services by name and registry values by key, from look.exe."""
    result = subprocess.run(["wine", "/opt/lab/bin/look.exe"], capture_output=True, check=False, timeout=60)
    services: dict[str, dict[str, Any]] = {}
    registry: dict[str, dict[str, str]] = {}
    for line in result.stdout.decode("utf-8", "replace").splitlines():
        kind, *fields = line.split("\t")
        if kind == "service":
            state, pid, exit_code, service_exit_code, start_type = (int(field) for field in fields[1:])
            services[fields[0]] = {
                "state": STATES.get(state, str(state)),
                "pid": pid,
                "exit_code": exit_code,
                "service_exit_code": service_exit_code,
                "start_type": START_TYPES.get(start_type, str(start_type)),
            }
        elif kind == "value":
            registry.setdefault(fields[0].rpartition("\\")[2], {})[fields[1]] = fields[2]
    return {"services": services, "registry": registry}


def look() -> dict[str, Any]:
    system = windows()
    uninstall = system["registry"].get("JP1ITDMManager", {})
    license_file = ini(INSTALL / "conf/license.dat", "License")
    return {
        "version": uninstall.get("DisplayVersion"),
        "uninstall": uninstall,
        "product_key": system["registry"].get("JP1ITDMM", {}),
        "product_ini": ini(INSTALL / "conf/product.ini", "Server"),
        "components": ini(INSTALL / "conf/components.ini", "Components"),
        "programs": hashes(INSTALL / "bin"),
        "services": system["services"],
        "license_registered": license_file.get("Registered") == "yes",
        "schema": ini(DATA / "Database/schema.ini", "Database").get("Schema"),
        "records": records(DATA / "Database/records.dat"),
        "packages": hashes(DATA / "Packages"),
    }


print(json.dumps(look()))
