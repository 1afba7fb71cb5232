# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One system of the lab for one test process, judged by the lab's own look and never by what our software says."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.control.engine import Engine
from tests.lab.control.errors import LabError
from tests.lab.control.lab import Lab
from tests.lab.control.state import locked

CHECKOUT = Path(__file__).resolve().parents[2]
# Test processes run side by side, each with a system of its own.
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
OLD, NEW = "10-00", "10-10"
MANAGER, DATABASE = f"JP1MGR{NUMBER:02d}", f"JP1DB{NUMBER:02d}"
PROVISIONED = 200
PROGRAMS = 10
_SERVICES = {"manager": ("JP1_ITDM_Service", "JP1_ITDM_Web", "LabAgents"), "database": ("JP1_ITDM_DB",)}


def running_lab(systems: int) -> Lab:
    """The checkout's lab with at least so many systems; started when there is none. It is left running."""
    lab = Lab(CHECKOUT)
    lab.folder.mkdir(exist_ok=True)
    with locked(lab.folder / "tests.lock"):
        try:
            state = lab.state()
            fits = (state.version, state.locale) == (OLD, "en") and len(state.hosts) >= 2 * systems
            # other processes may be resetting their systems at this moment
            running = lab.running()
            fits = fits and all(running.get(host) == "running" for host in (MANAGER, DATABASE))
        except LabError:
            fits = False
        if not fits:
            lab.up(systems, OLD)
    return lab


def records_in(text: str) -> list[str]:
    """The ids of the records in the text of a C(records.dat)."""
    return [line.split(";")[1] for line in text.splitlines() if line.count(";") >= 4]


@dataclass(frozen=True)
class Picture:
    """What the lab sees on both servers at one moment."""

    manager: dict[str, Any]
    database: dict[str, Any]

    @property
    def versions(self) -> tuple[str, str]:
        """The installed version of the management server and of the database server."""
        return self.manager["version"], self.database["version"]

    @property
    def records(self) -> list[str]:
        """The ids of the records in the database."""
        return [record["id"] for record in self.database["records"]]


class System:
    """A management server and its database server."""

    def __init__(self, lab: Lab, number: int = NUMBER) -> None:
        self.lab = lab
        self.number = number
        self.manager = f"JP1MGR{number:02d}"
        self.database = f"JP1DB{number:02d}"
        self._engine = Engine(lab.folder / "containers.conf")

    def reset(self, version: str | None = None, locale: str | None = None) -> None:
        """Bring the system into its first state, with a product that does not dawdle."""
        self.lab.reset(self.number, version=version, locale=locale)
        self.clear_faults()

    def fault(self, host: str, section: str, **keys: Any) -> None:
        """Make something fail."""
        self.lab.fault(host, section, **keys)

    def clear_faults(self) -> None:
        """Remove all faults."""
        for host in (self.manager, self.database):
            self.lab.clear_faults(host)
            self.lab.fault(host, "product", seconds=0)

    def look(self) -> Picture:
        """What is there now."""
        return Picture(self.lab.look(self.manager), self.lab.look(self.database))

    def accepted(self) -> list[str]:
        """The ids of the records that were accepted since the reset."""
        return [identity for _, identity in self.lab.records(self.number)["accepted"]]

    def lost(self) -> list[str]:
        """The ids of accepted records that the database has not."""
        return list(self.lab.records(self.number)["lost"])

    def inside(self, host: str, *command: str) -> str:
        """Run a command in a host's container, past WinRM, and return its output."""
        return self._engine.execute(self.lab.host(host).container, *command)

    def started(self, host: str) -> str:
        """When a host was started, as the container engine tells."""
        return self._engine.run("inspect", "--format", "{{.State.StartedAt}}", self.lab.host(host).container).strip()

    def windows(self, host: str, *argv: str) -> str:
        """Run a Windows program on a host, past WinRM, and return its output."""
        return self.inside(host, "wine", *argv)

    def files(self, host: str, folder: str) -> dict[str, str]:
        """The SHA-256 of each file below a folder of the data drive, by its path in that folder."""
        lines = self.inside(host, "sh", "-c", f"cd /opt/lab/drive_d/{folder} 2>/dev/null && find . -type f -exec sha256sum {{}} +  || true")
        return {line[66:].removeprefix("./"): line[:64] for line in lines.splitlines()}

    def read(self, host: str, file: str) -> str:
        """A text file of the data drive."""
        return self.inside(host, "cat", f"/opt/lab/drive_d/{file}")

    def assert_healthy(self, version: str, schema: str | None = None) -> Picture:
        """Both servers have the version, wholly; the database its schema; licence and services are there."""
        picture = self.look()
        assert picture.versions == (version, version)
        program = hashlib.sha256((self.lab.folder / "build/product/media" / version / "SETUP.EXE").read_bytes()).hexdigest()
        for role, seen in (("manager", picture.manager), ("database", picture.database)):
            assert list(seen["programs"].values()) == [program] * PROGRAMS, seen["programs"]
            assert seen["product_ini"]["Version"] == version
            states = {name: seen["services"][name]["state"] for name in _SERVICES[role]}
            assert set(states.values()) == {"RUNNING"}, states
        assert picture.manager["license_registered"]
        assert picture.database["schema"] == (schema or version)
        assert {record["format"] for record in picture.database["records"]} == {schema or version}
        return picture

    def assert_nothing_lost(self, before: Picture) -> None:
        """Every record that was there before, and every one that was accepted since, is there once."""
        records = self.lab.records(self.number)
        assert records["lost"] == records["twice"] == []
        assert set(before.records) <= set(records["in_database"])

    def assert_lost(self, before: Picture, lost: int) -> None:
        """The lab counts as many lost records: one run of consecutive ones, and none that was there before."""
        records = self.lab.records(self.number)
        accepted = [identity for _, identity in records["accepted"]]
        assert len(records["lost"]) == lost, records["lost"]
        assert records["twice"] == []
        assert not set(before.records) & set(records["lost"])
        assert set(before.records) <= set(records["in_database"])
        if lost:
            first = accepted.index(records["lost"][0])
            assert accepted[first : first + lost] == records["lost"]
