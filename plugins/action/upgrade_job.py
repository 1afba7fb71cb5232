# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the long steps that an earlier try of a run has left on a server."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._left_jobs import left_jobs, left_tasks


class ActionModule(HostAction):
    """Wait for the long steps that an earlier try of a run has left on a server."""

    spec = _argspec.UPGRADE_JOB

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return how they ended; check mode neither waits nor removes."""
        remove = options["results"] == "remove"
        acts = not self._task.check_mode
        product = self.product(host, options)
        jobs = left_jobs(product, wait=acts, remove=remove and acts)
        tasks = left_tasks(product, remove=acts) if remove else []
        return {"changed": remove and bool(jobs or tasks), "jobs": jobs, "tasks": tasks}
