# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore the database from a proven backup."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._restore_database import RestoreDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step


class ActionModule(HostAction):
    """Restore the database from a proven backup."""

    spec = _argspec.DATABASE_RESTORE
    server = "database_server"

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        return RestoreDatabase(self.product(host, options), options["folder"], options["run_id"])

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Restore, and return what the report needs beside the step's result."""
        result = super().act(host, options)
        evidence = result["evidence"]
        return {
            **result,
            "manifest": result["after"]["manifest"],
            "records_before": evidence.get("records_before"),
            "started": evidence.get("started", ""),
        }
