# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where faults strike: the steps of upgrade and rollback, and the program that carries each one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.lab_system import NEW, OLD

from .beginnings import (
    BACK_ON_BOTH,
    BACK_ON_DATABASE_SERVER,
    BEFORE_DATABASE_SERVER,
    BEFORE_MANAGEMENT_SERVER,
    BEFORE_RESTORE,
    BEFORE_SETUP,
    BEFORE_START,
    FRESH,
    RESTORED,
    UPGRADED,
    UPGRADED_RUNNING,
    Beginning,
)
from .marks import Mark

UPGRADE, ROLLBACK = "upgrade", "rollback"


@dataclass(frozen=True)
class Site:
    """A program of a step.

    :ivar part: tells the programs of one step apart; empty for the step's main program.
    :ivar server: V(management) or V(database).
    :ivar program: as C(faults.ini) calls it.
    :ivar version: of the product that the program belongs to.
    :ivar action: the profile's name for it.
    :ivar executable: its file name.
    :ivar argument: what follows it, where the same program is also run for something else.
    :ivar detached: whether the Task Scheduler runs it.
    :ivar reads_only: whether it has no effect.
    :ivar after: what must have happened before, where an earlier step runs the same program.
    :ivar services: those that are started here.
    :ivar accepted: exit codes with which the program has come through.
    :ivar begin: how the case begins.
    :ivar options: role options.
    """

    phase: str
    step: str
    server: str
    program: str
    version: str
    action: str
    executable: str
    argument: str = ""
    part: str = ""
    detached: bool = False
    reads_only: bool = False
    after: Mark | None = None
    services: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ("0",)
    begin: Beginning = FRESH
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Phase, step and part."""
        return ".".join(filter(None, (self.phase, self.step, self.part)))

    @property
    def line(self) -> str:
        """A pattern of the command line by which the controller starts the program."""
        if self.detached:
            return rf"schtasks /run /tn \S*-{self.action}\b"
        return rf"{self.executable}\.exe\W*{self.argument}"

    @property
    def waiting_line(self) -> str:
        """A pattern of the command line by which the controller waits for the program's end."""
        return rf"-{self.action}\b.*ping -n %n" if self.detached else self.line


_PROGRAMS = {"installer": "SETUP", "uninstaller": "SETUP", "setup": "jdmsetup"}


def _site(phase: str, step: str, server: str, program: str, version: str, action: str, **more: Any) -> Site:
    return Site(phase, step, server, program, version, action, _PROGRAMS.get(program, program), **more)


_BY_HAND = {"start_by_installer": False}
_MANAGER_SERVICES = ("JP1_ITDM_Service", "JP1_ITDM_Web")
_STARTED = Mark("management", "end", "startservice")

SITES = (
    _site(UPGRADE, "backup", "database", "exportdb", OLD, "backup", detached=True),
    _site(UPGRADE, "stop", "management", "stopservice", OLD, "stop_services"),
    _site(
        UPGRADE,
        "install_on_database_server",
        "database",
        "installer",
        NEW,
        "install",
        detached=True,
        services=("JP1_ITDM_DB",),
        begin=BEFORE_DATABASE_SERVER,
    ),
    _site(UPGRADE, "setup_database", "database", "setup", NEW, "setup_database", detached=True, begin=BEFORE_SETUP),
    _site(
        UPGRADE,
        "install_on_management_server",
        "management",
        "installer",
        NEW,
        "install",
        detached=True,
        services=_MANAGER_SERVICES,
        begin=BEFORE_MANAGEMENT_SERVER,
    ),
    _site(
        UPGRADE,
        "start",
        "management",
        "startservice",
        NEW,
        "start_services",
        services=_MANAGER_SERVICES,
        options=_BY_HAND,
        begin=BEFORE_START,
    ),
    _site(
        UPGRADE,
        "verify",
        "database",
        "dbstat",
        NEW,
        "database_status",
        reads_only=True,
        after=_STARTED,
        options=_BY_HAND,
        begin=BEFORE_START,
    ),
    _site(
        ROLLBACK,
        "stop_services",
        "management",
        "stopservice",
        NEW,
        "stop_services",
        begin=UPGRADED_RUNNING,
        options={"rollback_after_start": True},
    ),
    _site(
        ROLLBACK,
        "install_on_database_server",
        "database",
        "uninstaller",
        NEW,
        "uninstall",
        part="removal",
        detached=True,
        begin=UPGRADED,
    ),
    _site(ROLLBACK, "install_on_database_server", "database", "installer", OLD, "install", detached=True, begin=UPGRADED),
    _site(
        ROLLBACK,
        "install_on_management_server",
        "management",
        "uninstaller",
        NEW,
        "uninstall",
        part="removal",
        detached=True,
        begin=BACK_ON_DATABASE_SERVER,
    ),
    _site(
        ROLLBACK,
        "install_on_management_server",
        "management",
        "installer",
        OLD,
        "install",
        detached=True,
        begin=BACK_ON_DATABASE_SERVER,
    ),
    _site(
        ROLLBACK,
        "start_for_license",
        "management",
        "startservice",
        OLD,
        "start_for_license",
        services=("JP1_ITDM_Web",),
        accepted=("0", "8"),
        begin=BACK_ON_BOTH,
    ),
    _site(ROLLBACK, "register_license", "management", "licreg", OLD, "register_license", argument="/stdin", begin=BACK_ON_BOTH),
    _site(ROLLBACK, "stop_again", "management", "stopservice", OLD, "stop_services", begin=BACK_ON_BOTH),
    _site(ROLLBACK, "restore_database", "database", "importdb", OLD, "restore", detached=True, begin=BEFORE_RESTORE),
    _site(ROLLBACK, "start_services", "management", "startservice", OLD, "start_services", services=_MANAGER_SERVICES, begin=RESTORED),
    _site(ROLLBACK, "verify", "database", "dbstat", OLD, "database_status", reads_only=True, after=_STARTED, begin=RESTORED),
)
