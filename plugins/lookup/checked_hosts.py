# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse a run whose options would leave steps of the procedure out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: checked_hosts
author: The jp1.itdm authors (!UNKNOWN)
version_added: 0.1.0
short_description: Refuse a run that would leave steps out
description:
  - Returns its terms, a host pattern, unless the run was started with C(--tags), C(--skip-tags), C(--start-at-task) or C(--step).
  - Each of these leaves tasks out, the rollback among them, and some end without an error although nothing was done.
  - It stands in the C(hosts) of a play, which Ansible evaluates whatever these options leave out.
options:
  _terms:
    description: The host pattern to return.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Check the run
  hosts: "{{ lookup('jp1.itdm.checked_hosts', 'all:localhost') }}"
  gather_facts: false
  tasks: []
"""

RETURN = r"""
_raw:
  description: The host pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the terms, or refuse the run.

        :raises AnsibleError: an option leaves steps out.
        """
        given = {
            "--tags": list(context.CLIARGS.get("tags") or ["all"]) != ["all"],
            "--skip-tags": bool(context.CLIARGS.get("skip_tags")),
            "--start-at-task": bool(context.CLIARGS.get("start_at_task")),
            "--step": bool(context.CLIARGS.get("step")),
        }
        refused = [option for option, used in given.items() if used]
        if refused:
            raise AnsibleError(
                f"BLOCKED: {' and '.join(refused)} would leave steps of the procedure out, the rollback among them. "
                "Nothing was changed. Run the playbook without them."
            )
        return list(terms)
