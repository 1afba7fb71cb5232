# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back the database up, and prove the backup."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import BackUpDatabase, DeleteBackup, VerifyBackup
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step

_STEPS: dict[str, type[BackUpDatabase | VerifyBackup | DeleteBackup]] = {
    "taken": BackUpDatabase,
    "verified": VerifyBackup,
    "absent": DeleteBackup,
}


class ActionModule(HostAction):
    """Back the database up, and prove the backup."""

    spec = _argspec.DATABASE_BACKUP
    server = "database_server"

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        return _STEPS[options["state"]](self.product(host, options), options["folder"], options["run_id"])

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Run the step, and return the manifest beside its result."""
        result = super().act(host, options)
        return {**result, "manifest": result["after"].get("manifest", {})}
