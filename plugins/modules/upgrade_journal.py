#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_journal
short_description: Read or write the journal of an upgrade of JP1/IT Desktop Management - Manager
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Keeps what a run has to know after it was interrupted, above all the state of both servers before the upgrade.
  - The open run is the file C(run.json) in O(folder), which administrators only can read; closed runs are kept in its folder C(history).
  - Acts on the database server.
options:
  folder:
    description: The folder of the journal on the server. It is created when something is written.
    type: str
    required: true
  state:
    description: What is wanted of the journal.
    type: str
    required: true
    choices:
      read: It is read. Nothing is changed.
      opened: The run is open. O(content) is written when it is opened, and not when it is open already.
      noted: The run is open and has the values of O(content). A closed run is opened again for that.
      closed: The run has the values of O(content) and is in the history.
  run_id:
    description: The run; needed for all states but V(read).
    type: str
  content:
    description: Values to keep, by their names. They replace earlier ones of the same names.
    type: dict
    default: {}
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._failures
  - jp1.itdm._failures.files
notes:
  - Only one run can be open in a folder.
  - C(open_run) (precondition) - another run is open. Finish it with the playbook C(upgrade.yml) or C(rollback.yml).
  - C(unknown_run) (precondition) - the journal does not know the run, open or closed. Check O(run_id) and O(folder).
  - C(unknown_run) (precondition) - the journal knows no run O(run_id), open or closed. Correct O(run_id) or O(folder); a run has to be
    opened first.
  - C(journal_damaged) (precondition) - the journal can not be read. Keep the file, and compare the servers with its text by hand.
  - C(journal_schema_unknown) (precondition) - another version of the collection wrote the journal. Use that version.
  - C(journal_not_written) (verification) - the journal does not show what was written. Look for free space and rights.
"""

EXAMPLES = r"""
- name: Look for an open run
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: read
  delegate_to: "{{ upgrade_database_server }}"
  register: journal

- name: Note when the services were stopped
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: noted
    run_id: "{{ journal.content.run_id }}"
    content:
      stopped_at: "{{ now(utc=true).isoformat() }}"
  delegate_to: "{{ upgrade_database_server }}"
  when: journal.open
"""

RETURN = r"""
open:
  description: Whether a run is open.
  returned: success, with O(state=read)
  type: bool
content:
  description: What the journal knows of the open run, or of the one that was closed last; empty when there was none.
  returned: success, with O(state=read)
  type: dict
before:
  description: The C(run) as the journal had it, without the state before; empty when it did not know the run.
  returned: success, with the other states
  type: dict
after:
  description: The same afterwards.
  returned: success, with the other states
  type: dict
evidence:
  description: Always empty.
  returned: success, with the other states
  type: dict
executed:
  description: Whether the step was really begun; always V(false) in check mode.
  returned: success, with the other states
  type: bool
not_evaluated:
  description: Conditions that check mode could not judge, because an earlier step of the procedure brings them about.
  returned: success, with the other states
  type: list
  elements: str
elapsed:
  description: Seconds that the task took.
  returned: success, with the other states
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
      sample: precondition
    code:
      description: The stable failure code.
      type: str
      sample: open_run
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import UPGRADE_JOURNAL


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=UPGRADE_JOURNAL, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.upgrade_journal runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
