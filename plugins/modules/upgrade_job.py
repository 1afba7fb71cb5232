#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_job
short_description: Wait for the long steps that an earlier try of a run has left on a server
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Backup, restore, installers and Setup run detached on the server, so that they go on when the controller or the connection is lost. Waits
    for those of the run O(run_id) that are on the server, each for the time limit that the profile gives its action.
  - Their results stay on the server, for the steps that they belong to, unless O(results=remove). A step that is run again takes its own
    result up.
  - Acts on either server.
options:
  run_id:
    description: The run.
    type: str
    required: true
  results:
    description: What becomes of the results of jobs that have ended.
    type: str
    default: keep
    choices:
      keep: They stay, for the steps that they belong to.
      remove:
        - They are removed, because no step will ask for them any more. So are tasks of jobs that were removed before, of whatever run, which a
          power loss has brought back.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
attributes:
  check_mode:
    description: Can run without changing the server, and then tells what it would do.
    support: full
    details:
      - In check mode it does not wait either, and tells what is there at this moment.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
notes:
  - A job that is lost is no failure here. Its step looks at the server, and does again what is not done.
seealso:
  - module: jp1.itdm.upgrade_journal
"""

EXAMPLES = r"""
- name: Wait for what an earlier try has left
  jp1.itdm.upgrade_job:
    server: database_server
    run_id: "{{ upgrade_run.run_id }}"
  delegate_to: "{{ upgrade_database_server }}"
"""

RETURN = r"""
jobs:
  description: The run's jobs on this server; empty when there are none.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: The profile's action, such as V(install) or V(setup_database).
      type: str
    version:
      description: The version that it is for; empty for a backup or restore.
      type: str
    exit_code:
      description: The program's exit code; V(null) without a result.
      type: int
    lost:
      description: Whether the program ended without a result, for example by a restart of the server.
      type: bool
    elapsed:
      description: Seconds that it was waited for.
      type: float
  sample:
    - action: install
      version: 10-10
      exit_code: 0
      lost: false
      elapsed: 132.4
failure:
  description: What failed; the notes list the codes.
  returned: on failure
  type: dict
  contains:
    class:
      description: The kind of failure, which the role decides by.
      type: str
      sample: timeout
    code:
      description: The stable failure code.
      type: str
      sample: time_limit
    message:
      description: What happened, in one sentence.
      type: str
    remedy:
      description: What to do next.
      type: str
    evidence:
      description: What proves it, for example exit codes and output; C(executed) says whether the step had begun.
      type: dict
    host:
      description: The server's name in the inventory.
      type: str
tasks:
  description: The names of removed jobs whose tasks were there again; empty unless O(results=remove).
  returned: success
  type: list
  elements: str
  sample: []
http_requests:
  description: How many HTTP requests the task sent to the server.
  returned: when the server was contacted
  type: int
  sample: 12
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import UPGRADE_JOB


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=UPGRADE_JOB, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.upgrade_job runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
