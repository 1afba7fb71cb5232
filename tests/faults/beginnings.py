# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cases begin with: a new system, or a run that was left before a step, so that a case costs none of the steps before its own.

A run is left by a program that fails before it has done anything, where a person is asked instead of a rollback. Each is made once on each
system that needs it, upon the one that comes before it, and kept as images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.lab_system import NEW, OLD, Picture, System

from .controller import Controller, playbook

_LIMIT_SECONDS = 300.0
_OLD_AND_NEW = ("JP1_ITDM_Service", "JP1_ITDM_Web")


@dataclass(frozen=True, eq=False)
class Beginning:
    """A run that was left.

    :ivar upon: what comes before it, if not a new system.
    :ivar playbook: the one that is run.
    :ivar server: where the program is that fails; likewise I(program), empty where none does, and its I(version).
    :ivar when: V(after) where it fails behind its effect.
    :ivar options: role options of that run.
    :ivar end_state: how it ends.
    :ivar database_runs: whether the database can run then: an old program does not take the new version's data.
    """

    name: str
    upon: Beginning | None = None
    playbook: str = "upgrade"
    server: str = ""
    program: str = ""
    version: str = NEW
    when: str = "before"
    options: Mapping[str, Any] = field(default_factory=dict)
    end_state: str = "NEEDS_OPERATOR"
    database_runs: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of this and of all that come before it, a new system excepted."""
        return (*(self.upon.needs if self.upon else ()), *((self.name,) if self.program else ()))


def _left(name: str, step: str, server: str, program: str, **more: Any) -> Beginning:
    options = {"failure_policy": {step: {"command": "ask"}}, **more.pop("options", {})}
    return Beginning(name, server=server, program=program, options=options, **more)


def _left_rollback(name: str, upon: Beginning, server: str, program: str, **more: Any) -> Beginning:
    return Beginning(name, upon, "rollback", server, program, **{"version": OLD, **more}, end_state="ROLLBACK_FAILED")


FRESH = Beginning("fresh")
BEFORE_DATABASE_SERVER = _left("before_database_server", "install_on_database_server", "database", "installer")
BEFORE_SETUP = _left("before_setup", "setup_database", "database", "setup")
BEFORE_MANAGEMENT_SERVER = _left("before_management_server", "install_on_management_server", "management", "installer", upon=BEFORE_SETUP)
BEFORE_START = _left(
    "before_start", "start", "management", "startservice", upon=BEFORE_MANAGEMENT_SERVER, options={"start_by_installer": False}
)
#: The upgrade has come through its last installation, and a rollback is due.
UPGRADED = _left(
    "upgraded",
    "install_on_management_server",
    "management",
    "installer",
    when="after",
    upon=BEFORE_MANAGEMENT_SERVER,
    options={"start_by_installer": False},
)
#: The same, with the new version's services running.
UPGRADED_RUNNING = Beginning("upgraded_running", UPGRADED)
BACK_ON_DATABASE_SERVER = _left_rollback("back_on_database_server", UPGRADED, "management", "uninstaller", version=NEW, database_runs=False)
BACK_ON_BOTH = _left_rollback("back_on_both", BACK_ON_DATABASE_SERVER, "management", "startservice", database_runs=False)
BEFORE_RESTORE = _left_rollback("before_restore", BACK_ON_BOTH, "database", "importdb", database_runs=False)
RESTORED = _left_rollback("restored", BEFORE_RESTORE, "management", "startservice")


class Beginnings:
    """Brings systems into the state that a case begins with.

    :param code: the root of the checkout whose playbooks are run.
    :param options: role options of the runs that are left.
    """

    def __init__(self, code: Path, options: Mapping[str, Any]) -> None:
        self._code = code
        self._options = options
        self._made: set[tuple[int, str]] = set()

    def bring(self, system: System, beginning: Beginning) -> Picture:
        """Bring a system into a state, and return what it was like before the upgrade."""
        if beginning is FRESH:
            system.reset()
            return system.look()
        kept = beginning if beginning.program else beginning.upon
        assert kept
        if self.to_make(system.number, kept):
            self._make(system, kept)
        # no service is to accept records before the case begins, except where it is about that
        broken = _OLD_AND_NEW if beginning is kept else ()
        system.lab.reset(system.number, kept=kept.name, broken_services=broken)
        system.lab.wait_until_usable(system.database, product=kept.database_runs)
        system.clear_faults()
        pictures = json.loads(self._picture(system, kept).read_text(encoding="utf-8"))
        return Picture(pictures["manager"], pictures["database"])

    def to_make(self, number: int, beginning: Beginning) -> int:
        """How many beginnings would have to be made on a system before this one is there."""
        return sum((number, name) not in self._made for name in beginning.needs)

    def _picture(self, system: System, beginning: Beginning) -> Path:
        return system.lab.folder / "kept" / f"system-{system.number}-{beginning.name}.json"

    def _make(self, system: System, beginning: Beginning) -> None:
        before = self.bring(system, beginning.upon or FRESH)
        host = {"management": system.manager, "database": system.database}[beginning.server]
        keys = {"kind": "fail", "when": beginning.when, "exit_code": 3, "version": beginning.version}
        system.fault(host, f"program:{beginning.program}", **keys)
        options = {**self._options, **beginning.options}
        left = Controller(playbook(beginning.playbook, system.lab.inventory_file, system.manager, options), system.manager, self._code)
        if not left.wait(_LIMIT_SECONDS) or left.end().result.get("end_state") != beginning.end_state:
            raise RuntimeError(f"the run was not left as {beginning.name} wants it: {left.output()[-3000:]}")
        left.forget()
        system.lab.keep(system.number, beginning.name)
        self._made.add((system.number, beginning.name))
        self._picture(system, beginning).write_text(json.dumps({"manager": before.manager, "database": before.database}), encoding="utf-8")
