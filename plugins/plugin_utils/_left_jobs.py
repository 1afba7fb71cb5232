# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the detached programs that an earlier run of the same run's playbook has left on a server, and remove what is left of others.

Note that this module is private to the collection.
"""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import UnknownOutcomeError
from ansible_collections.jp1.itdm.plugins.module_utils._profile import LONG_ACTIONS
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._product_programs import action_of


def left_jobs(product: Product, *, wait: bool = True, remove: bool = False) -> list[dict[str, Any]]:
    """Return how the run's jobs on this server ended. Their results stay, for the steps that they belong to, unless they are to be removed.

    :param wait: whether to wait for those that still run, each for the time limit of its action.
    :param remove: whether nobody will ask for their results any more.
    :returns: for each its C(action), C(version), C(exit_code) (None without a result), whether it is C(lost), and C(elapsed) seconds.
    :raises TimeLimitError: C(time_limit).
    """
    ends = []
    for step in product.left_steps():
        action, job = action_of(step), product.job(step)
        if action not in LONG_ACTIONS:
            continue
        state = job.look()
        if state is None:  # never started
            if remove:
                job.remove()
            continue
        begin, exit_code, lost = time.monotonic(), state.exit_code, False
        if wait:
            product.host.log(0, f"waits for {step}, which was started before")
            try:
                exit_code = job.wait(product.profile[f"{action}.time_limit"]).exit_code
            except UnknownOutcomeError:
                lost = True
        elapsed = round(time.monotonic() - begin, 1)
        if remove:
            job.remove()
        version = step.partition("-")[2]
        ends.append({"action": action, "version": version, "exit_code": exit_code, "lost": lost, "elapsed": elapsed})
    return ends


def left_tasks(product: Product, *, remove: bool = False) -> list[str]:
    """Return the names of jobs that were removed and whose tasks are there again, as after a power loss.

    They have no trigger and nothing to run.

    :param remove: whether to remove them.
    """
    jobs = product.jobs_brought_back()
    for job in jobs if remove else []:
        job.remove()
    return [job.name for job in jobs]
