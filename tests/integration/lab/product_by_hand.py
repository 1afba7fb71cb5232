# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A system of the lab whose product double is worked by hand, over WinRM."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable

import requests
from winrm.exceptions import WinRMError, WinRMTransportError
from winrm.protocol import Protocol

from tests.integration.lab_system import DATABASE, MANAGER, NEW, OLD, PROGRAMS
from tests.lab.control.credentials import USER
from tests.lab.control.lab import Lab

__all__ = ["DATABASE", "MANAGER", "NEW", "OLD", "PROGRAMS"]
BIN = "C:\\Program Files (x86)\\Hitachi\\jp1itdmm\\mgr\\bin\\"
MEDIA = "D:\\JP1\\media\\"
RESPONSE = "D:\\JP1\\response.ini"
BACKUP = "D:\\JP1\\backup"
TIMEOUT = 60.0


class Host:
    """Runs programs on one host of the lab over WinRM, in one shell."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.name = name
        self.lab = lab
        self.last_output = ""
        endpoint = f"https://127.0.0.1:{lab.host(name).port}/wsman"
        authority = str(lab.folder / "ca.crt")
        password = lab.credentials.winrm_password
        self._protocol = Protocol(endpoint, transport="ntlm", username=USER, password=password, ca_trust_path=authority)
        self._shell: str | None = None

    def run(self, line: str, stdin: str = "") -> int:
        """Run a command line and return its exit code; the output is kept in C(last_output)."""
        self._shell = self._shell or self._protocol.open_shell(codepage=65001)
        command = self._protocol.run_command(self._shell, line, console_mode_stdin=False, skip_cmd_shell=False)
        if stdin:
            self._protocol.send_command_input(self._shell, command, stdin.encode() + b"\r\n", end=True)
        out, err, code = self._protocol.get_command_output(self._shell, command)
        self._protocol.cleanup_command(self._shell, command)
        self.last_output = (out + err).decode("utf-8", "replace")
        return int(code)

    def call(self, program: str, arguments: str = "", stdin: str = "") -> int:
        """Run a program of the product."""
        return self.run(f'call "{BIN}{program}.exe" {arguments}', stdin)

    def respond(self, *lines: str) -> None:
        """Write the installer's response file."""
        text = " & ".join(f"echo {line}" for line in ("[Setup]", "LogFile=D:\\JP1\\setup.log", *lines))
        assert self.run(f"({text}) > {RESPONSE}") == 0

    def install(self, version: str, start: bool = False) -> int:
        """Run a version's installer."""
        self.respond("AutoUpdate=no", f"StartServices={'yes' if start else 'no'}")
        return self.run(f"call {MEDIA}{version}\\SETUP.EXE /s /f {RESPONSE}")

    def uninstall(self, version: str) -> int:
        """Run a version's uninstaller."""
        return self.run(f"call {MEDIA}{version}\\SETUP.EXE /u /s /l D:\\JP1\\uninstall.log")

    def service(self, name: str) -> tuple[str, int]:
        """State and service-specific exit code of a service."""
        found = self.lab.look(self.name)["services"][name]
        return found["state"], found["service_exit_code"]

    def start_service(self, name: str) -> tuple[str, int]:
        """Start a service and wait until it runs or has refused."""
        self.run(f"sc start {name}")
        return self._settled(name, "START_PENDING")

    def stop_service(self, name: str) -> None:
        """Stop a service and wait for it."""
        self.run(f"sc stop {name}")
        assert self._settled(name, "STOP_PENDING")[0] == "STOPPED"

    def _settled(self, name: str, pending: str) -> tuple[str, int]:
        wait_until(lambda: self.service(name)[0] != pending)
        return self.service(name)

    def run_until_killed(self, line: str) -> None:
        """Run a command line whose end nobody sees, because the host dies first."""
        with contextlib.suppress(requests.RequestException, WinRMError, WinRMTransportError):
            self.run(line)

    def forget(self) -> None:
        """Forget the shell: it died with the host."""
        self._shell = None

    def close(self) -> None:
        """Close the shell."""
        if self._shell:
            self._protocol.close_shell(self._shell)


class System:
    """One system of the lab: its two hosts and what tests do with both."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.manager = Host(lab, MANAGER)
        self.database = Host(lab, DATABASE)
        self.password = lab.credentials.database_password
        self.key = lab.credentials.license_key

    def stop(self) -> None:
        """Stop the services of both servers."""
        assert self.manager.call("stopservice") == 0
        self.database.stop_service("JP1_ITDM_DB")

    def export(self, folder: str = BACKUP) -> int:
        """Back up the database."""
        return self.database.call("exportdb", f"/f {folder}", self.password)

    def restore(self, folder: str = BACKUP) -> int:
        """Restore the database."""
        return self.database.call("importdb", f"/f {folder}", self.password)

    def upgrade_database(self) -> int:
        """Run Setup."""
        return self.database.call("jdmsetup", "/s /upgradedb", self.password)

    def formats(self) -> dict[str, int]:
        """How many records the database has in each format."""
        counts: dict[str, int] = {}
        for record in self.lab.look(DATABASE)["records"]:
            counts[record["format"]] = counts.get(record["format"], 0) + 1
        return counts


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, which must come true within a minute."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def media_hash(lab: Lab, version: str) -> str:
    """SHA-256 of a version's program files, which are all alike."""
    program = lab.folder / "build" / "product" / "media" / version / "SETUP.EXE"
    return hashlib.sha256(program.read_bytes()).hexdigest()


def installed(lab: Lab, name: str, version: str) -> bool:
    """Whether a host has a version wholly, files, registry and settings."""
    seen = lab.look(name)
    files = list(seen["programs"].values())
    whole = len(files) == PROGRAMS and set(files) == {media_hash(lab, version)}
    return whole and seen["version"] == version and seen["product_ini"]["Version"] == version


def half_installed(lab: Lab, name: str, version: str) -> bool:
    """Whether a host has half of a version's program files and none of another's, and says nothing of it."""
    seen = lab.look(name)
    return list(seen["programs"].values()) == [media_hash(lab, version)] * (PROGRAMS // 2) and seen["version"] == OLD
