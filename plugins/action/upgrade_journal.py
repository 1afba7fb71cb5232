# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read or write the journal of a run, and hold its lock."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import fold, is_open
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import GROUPS, HostAction, display
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import write_private
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal import Journal
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal_steps import STEPS, Wish
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import run_step


class ActionModule(HostAction):
    """Read or write the journal of a run, and hold its lock."""

    spec = _argspec.UPGRADE_JOURNAL
    server = "database_server"
    facts = ("content", "lock", "documents")

    def _check_target(self, name: str, options: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        super()._check_target(name, options, variables)
        # who delegates to the database server is the management server of its runs
        delegating = str(variables.get("inventory_hostname") or "") if self._task.delegate_to else ""
        known = variables.get("groups", {}).get(GROUPS["management_server"], ())
        self._management_server = delegating if delegating in known else ""

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return the newest run and the lock, or write."""
        journal = Journal(host, options["folder"], self._management_server)
        if options["state"] == "read":
            run, lock = journal.read()
            return {"changed": False, "open": is_open(run), "content": run, "lock": lock}
        wish = Wish(**{item.name: options[item.name] for item in fields(Wish)})
        step = STEPS[options["state"]](journal, wish)
        result = run_step(step, check_mode=self._task.check_mode, log=host.log)
        documents = result["after"].get("documents") or {}
        for key in ("before", "after"):
            result[key] = {name: value for name, value in result[key].items() if name != "documents"}
        if options["controller_folder"] and documents.get("run") and not self._task.check_mode:
            self._keep_copy(options["controller_folder"], wish.run_id, documents)
        content = fold(documents["run"], documents["entries"]) if documents.get("run") else {}
        return {**result, "documents": documents, "content": content, "token": result["after"].get("token", wish.token)}

    def _keep_copy(self, folder: str, run_id: str, documents: dict[str, Any]) -> None:
        # the server has the journal; a full disk here must not stop a run
        try:
            write_private(Path(os.path.expanduser(folder)) / f"{run_id}.journal.json", json.dumps(documents, indent=1, sort_keys=True))
        except OSError as error:
            display.warning(f"The journal could not be mirrored to {folder}: {error}")
