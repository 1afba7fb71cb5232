# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cases begin with: a new system, or one whose upgrade was left behind its last installation, so that a rollback is due.

The second is made once for each system and kept as images; a case then costs no upgrade.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.lab_system import NEW, Picture, System

from .controller import Controller, playbook
from .sites import FRESH, UPGRADED_RUNNING

_NAME = "upgraded"
_SERVICES = ("JP1_ITDM_Service", "JP1_ITDM_Web")
_LIMIT_SECONDS = 300.0


class Beginnings:
    """Brings systems into the state that a case begins with.

    :param code: the root of the checkout whose playbooks are run.
    :param options: role options of the upgrade that is left.
    """

    def __init__(self, code: Path, options: Mapping[str, Any]) -> None:
        self._code = code
        self._options = options
        self._made: set[int] = set()

    def bring(self, system: System, begin: str) -> Picture:
        """Bring a system into a state, and return what it was like before the upgrade."""
        if begin == FRESH:
            system.reset()
            return system.look()
        if not system.lab.is_kept(system.number, _NAME):
            self._make(system)
        self._made.add(system.number)
        # the new version's services are not to accept records, except where the case is about that
        broken = () if begin == UPGRADED_RUNNING else _SERVICES
        system.lab.reset(system.number, kept=_NAME, broken_services=broken)
        system.lab.wait_until_usable(system.database, product=True)
        system.clear_faults()
        pictures = json.loads(self._picture(system).read_text(encoding="utf-8"))
        return Picture(pictures["manager"], pictures["database"])

    def is_made(self, number: int) -> bool:
        """Whether this has already made the state behind an upgrade for a system."""
        return number in self._made

    def _picture(self, system: System) -> Path:
        return system.lab.folder / "kept" / f"system-{system.number}-{_NAME}.json"

    def _make(self, system: System) -> None:
        system.reset()
        before = system.look()
        system.fault(system.manager, "program:installer", kind="fail", when="after", exit_code=3, version=NEW)
        # a person is asked instead of a rollback
        options = {**self._options, "start_by_installer": False, "failure_policy": {"install_on_management_server": {"command": "ask"}}}
        left = Controller(playbook("upgrade", system.lab.inventory_file, system.manager, options), system.manager, self._code)
        if not left.wait(_LIMIT_SECONDS) or left.end().result.get("end_state") != "NEEDS_OPERATOR":
            raise RuntimeError(f"the upgrade was not left behind its last installation: {left.output()[-3000:]}")
        left.forget()
        system.lab.keep(system.number, _NAME)
        self._picture(system).write_text(json.dumps({"manager": before.manager, "database": before.database}), encoding="utf-8")
