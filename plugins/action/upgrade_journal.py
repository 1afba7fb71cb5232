# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read or write the journal of a run."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal import Journal, RecordRun
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import run_step


class ActionModule(HostAction):
    """Read or write the journal of a run on the database server."""

    spec = _argspec.UPGRADE_JOURNAL
    server = "database_server"

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return the open run or the last closed one, or write to the journal."""
        journal = Journal(host, options["folder"])
        if options["state"] == "read":
            run = journal.open_run()
            return {"changed": False, "open": bool(run), "content": run or journal.last_closed()}
        step = RecordRun(journal, options["state"], options["run_id"] or "", options["content"])
        return run_step(step, check_mode=self._task.check_mode, log=host.log)
