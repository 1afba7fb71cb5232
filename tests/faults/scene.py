# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One system of the lab on which a case takes place, and what is known of the case so far."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.integration.lab_system import System
from tests.lab.control.programs import Event

from .controller import Controller
from .sites import Site

# Runs inside a host: lists the Linux processes whose command line holds one of the words, and ends them when asked to.
_PROCESSES = """
import os, signal, sys
end, words = sys.argv[1] == "end", [word.lower() for word in sys.argv[2:]]
for name in os.listdir("/proc"):
    if not name.isdigit() or int(name) == os.getpid():
        continue
    try:
        line = open(f"/proc/{name}/cmdline", "rb").read().replace(b"\\0", b" ").decode("utf-8", "replace").lower()
        if any(word in line for word in words) and "python3" not in line:
            print(name, line)
            if end:
                os.kill(int(name), signal.SIGKILL)
    except OSError:
        pass
"""
#: The product's programs that change something.
EXECUTABLES = ("setup.exe", "exportdb.exe", "importdb.exe", "jdmsetup.exe", "stopservice.exe", "startservice.exe", "licreg.exe")


class Scene:
    """A case's system, site and runs.

    :ivar controllers: every run so far, the first one first.
    :ivar told: what the injection of the fault wants to remember.
    :ivar ended: what the test itself has ended: servers (by a restart) and programs, with the time.
    """

    def __init__(self, system: System, site: Site) -> None:
        self.system = system
        self.site = site
        self.servers = {"management": system.manager, "database": system.database}
        self.controllers: list[Controller] = []
        self.told: dict[str, Any] = {}
        self.ended: list[tuple[datetime, str, str]] = []
        self.log: list[str] = []
        self._wires: set[str] = set()

    def at(self, site: Site) -> Scene:
        """The same scene as another fault of the same run sees it, at its own site."""
        other = Scene(self.system, site)
        other.controllers, other.ended, other.log = self.controllers, self.ended, self.log
        return other

    @property
    def host(self) -> str:
        """The server that the site is on."""
        return self.servers[self.site.server]

    def say(self, text: str) -> None:
        """Note what the test does, for those who read about a failed case."""
        self.log.append(f"{datetime.now(UTC):%H:%M:%S.%f} {text}")

    def fault(self, section: str, *, server: str = "", **keys: Any) -> None:
        """Set a section of a server's C(faults.ini)."""
        host = self.servers[server or self.site.server]
        self.say(f"{host}: fault {section} {keys}")
        self.system.fault(host, section, **keys)

    def wire(self, **keys: Any) -> None:
        """Add a fault of the site's WinRM endpoint."""
        self.say(f"{self.host}: wire fault {keys}")
        self._wires.add(name := f"{time.time_ns()}")
        self.system.lab.wire_fault(self.host, **{"id": name, **keys})

    def events(self, server: str = "") -> list[Event]:
        """What the programs of a server have noted."""
        return self.system.lab.programs(self.servers[server or self.site.server])

    def wire_times(self) -> list[datetime]:
        """When the endpoint of the site carried out the faults that were added here."""
        entries = self.system.lab.wire_log(self.host)
        return [datetime.fromisoformat(entry["time"]) for entry in entries if entry.get("wire_fault_id") in self._wires]

    def commands(self, host: str, pattern: str) -> list[datetime]:
        """When commands whose lines hold what fits a pattern were asked for on a host."""
        entries = self.system.lab.wire_log(host)
        return [datetime.fromisoformat(entry["time"]) for entry in entries if re.search(pattern, entry.get("command") or "")]

    def processes(self, *words: str, host: str = "", end: bool = False) -> list[str]:
        """The processes on a host whose command line holds one of the words.

        :param end: whether to end them.
        """
        output = self.system.inside(host or self.host, "python3", "-c", _PROCESSES, "end" if end else "list", *words)
        return output.splitlines()

    def end_program(self, *words: str, host: str = "") -> bool:
        """End programs on a host at once; whether there were any."""
        found = self.processes(*words, host=host, end=True)
        self.say(f"{host or self.host}: ended {found}")
        self.ended.append((datetime.now(UTC), host or self.host, "program"))
        return bool(found)

    def restart(self, *, server: str = "", power: bool = False) -> None:
        """Restart a server, the site's by default, in an orderly way or by cutting its power."""
        host = self.servers[server or self.site.server]
        self.say(f"{host}: {'power loss' if power else 'restart'}")
        self.ended.append((datetime.now(UTC), host, "power" if power else "server"))
        (self.system.lab.power_loss if power else self.system.lab.restart)(host)
        self.say(f"{host}: usable again")

    def inside(self, server: str, command: str) -> None:
        """Run a shell command in a server's container."""
        self.say(f"{self.servers[server]}: {command}")
        self.system.inside(self.servers[server], "sh", "-c", command)

    def change_backup(self, command: str) -> bool:
        """Change the newest backup's records by a shell command, in which C({}) stands for the file; whether that came about."""
        host = self.system.database
        found = self.system.inside(host, "sh", "-c", "ls -d /opt/lab/drive_d/JP1/backup/*/database/records.dat | tail -1").strip()
        self.say(f"{host}: {command.replace('{}', found)}")
        line = command.replace("{}", f"'{found}'")
        keep = f"[ -e '/tmp/records.kept' ] || cp '{found}' '/tmp/records.kept'"
        return bool(found) and self.system.inside(host, "sh", "-c", f"{keep}; {line} && echo done").strip() == "done"

    def started(self, host: str) -> str:
        """When a host was started, as the container engine tells."""
        return self.system.started(host)

    def wait_for_programs(self, seconds: float) -> bool:
        """Wait until none of the product's changing programs runs on either server; whether that came about."""
        end = time.monotonic() + seconds
        while any(self.processes(*EXECUTABLES, host=host) for host in self.servers.values()):
            if time.monotonic() > end:
                return False
            time.sleep(1)
        return True

    def remove_causes(self) -> None:
        """Do what every message asks for before the next command: remove the cause, and wait for the end of what runs."""
        self.system.clear_faults()
        for host in self.servers.values():
            self.system.lab.wait_until_usable(host)


def combined(*options: Mapping[str, Any]) -> dict[str, Any]:
    """Role options put together; the overrides of the profile are added up."""
    result: dict[str, Any] = {}
    for each in options:
        overrides = {**result.get("profile_overrides", {}), **each.get("profile_overrides", {})}
        result = {**result, **each, **({"profile_overrides": overrides} if overrides else {})}
    return result
