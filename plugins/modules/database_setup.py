#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_setup
short_description: Upgrade the database of JP1/IT Desktop Management - Manager by Setup
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Runs Setup's database upgrade as the profile describes it, after the overwrite installation on the database server.
  - Proven by the schema version and the number of records, where the profile can tell them.
  - Acts on the database server.
options:
  run_id:
    description:
      - The run that a detached program belongs to.
      - A program that an earlier try of the same run has started is waited for, and not started again.
    type: str
    default: run
  version:
    description: The version of the product that the database is upgraded to, as V(VV-RR) or V(VV-RR-SS), in quotes. It must be installed.
    type: str
    required: true
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.database
  - jp1.itdm._failures.installed
  - jp1.itdm._failures.version
notes:
  - C(not_upgraded_yet) (precondition) - O(version) is not installed. Overwrite-install it on the database server first.
  - C(setup_not_effective) (verification) - Setup ended, but the schema is of another version. Read Setup's log.
  - C(records_missing) (verification) - Setup ended, but the database holds fewer records than before. Read Setup's log, and go back.
seealso:
  - module: jp1.itdm.manager_install
"""

EXAMPLES = r"""
- name: Set up the database
  jp1.itdm.database_setup:
    version: "10-10"
  delegate_to: "{{ upgrade_database_server }}"
"""

RETURN = r"""
before:
  description: The number of C(records), the C(schema) version and whether the database is C(damaged); V(null) where the profile can not tell.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
  sample:
    records: 200
    schema: 10-10
    damaged: false
evidence:
  description: The end of Setup; C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds.
  returned: success
  type: dict
executed:
  description: Whether the step was really begun; always V(false) in check mode.
  returned: success
  type: bool
not_evaluated:
  description: Conditions that check mode could not judge, because an earlier step of the procedure brings them about.
  returned: success
  type: list
  elements: str
elapsed:
  description: Seconds that the task took.
  returned: success
  type: float
  sample: 42.5
failure:
  description: What failed; the notes list the codes.
  returned: on failure
  type: dict
  contains:
    class:
      description: The kind of failure, which the role decides by.
      type: str
      sample: verification
    code:
      description: The stable failure code.
      type: str
      sample: setup_not_effective
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
http_requests:
  description: How many HTTP requests the task sent to the server.
  returned: when the server was contacted
  type: int
  sample: 12
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import DATABASE_SETUP


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=DATABASE_SETUP, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.database_setup runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
