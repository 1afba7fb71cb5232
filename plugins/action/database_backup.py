# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back the database up, and prove the backup."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.module_utils._errors import UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import BackUpDatabase, DeleteBackup, VerifyBackup
from ansible_collections.jp1.itdm.plugins.plugin_utils._copy_backup import CopyBackup, VerifyCopy, check_copy_folder
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step

_STEPS: dict[str, type[BackUpDatabase | VerifyBackup | DeleteBackup]] = {
    "taken": BackUpDatabase,
    "verified": VerifyBackup,
    "absent": DeleteBackup,
}


class ActionModule(HostAction):
    """Back the database up, and prove the backup and its copy."""

    spec = _argspec.DATABASE_BACKUP
    server = "database_server"

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        product, folder, run_id = self.product(host, options), options["folder"], options["run_id"]
        copy_folder = options.get("of_copy")
        if not copy_folder:
            return _STEPS[options["state"]](product, folder, run_id)
        if options["state"] == "absent":
            return DeleteBackup(product, copy_folder, run_id)
        return (CopyBackup if options["state"] == "taken" else VerifyCopy)(product, folder, copy_folder, run_id)

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Run the step, then the same for the copy, and return manifest, copy and warnings beside the result."""
        copy_folder = options["copy_folder"]
        if copy_folder:
            check_copy_folder(options["folder"], copy_folder)
        result = super().act(host, options)
        result |= {"manifest": result["after"].get("manifest", {}), "warnings": result["after"].pop("warnings", []), "copy": {}}
        if copy_folder:
            try:
                copy = super().act(host, {**options, "of_copy": copy_folder})
            except UpgradeError as error:
                error.evidence["executed"] = result["executed"] or error.evidence["executed"]
                raise
            result |= {"changed": result["changed"] or copy["changed"], "copy": copy["after"]}
        return result
