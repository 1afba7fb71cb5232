#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_journal
short_description: Read or write the journal of an upgrade of JP1/IT Desktop Management - Manager, and hold its lock
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Keeps what a run has to know after it was interrupted, above all the state of both servers before the upgrade.
  - The journal of a run is a folder C(runs\RUN_ID) in O(folder) with the file C(run.json), which is written once, and a folder C(entries),
    to which files are only added. Each is there completely or not at all. Only administrators can read them.
  - Who writes has to hold the lock, the folder C(lock) in O(folder) with a file that is named by the holder's token. Every line that
    writes looks for that file, so that a run that has lost the lock writes nothing any more.
  - Nothing of a run works between its tasks, so the lock does not expire. The filter P(jp1.itdm.lock_refusal#filter) says whether its
    holder is dead.
  - Acts on the database server; O(state=mirrored) on the other one.
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
      locked: This run has the lock. It is refused to all but one of those that want it at the same time.
      opened: The run is in the journal. O(content) is written when it is opened, and not when it is in the journal already.
      noted: The run has the values of O(content), its steps have the states of O(steps), and O(evidence) is in its last entry.
        Otherwise an entry is added.
      unlocked: The holder of O(token) does not have the lock any more.
      mirrored: Another server has O(content) as a copy of the run, in the folder C(mirror). It is written each time.
      pruned: The journal has no more than the O(keep) newest runs.
  run_id:
    description:
      - The run, named by the time of its beginning in UTC such as V(20260301T120000Z); needed for V(opened), V(noted) and V(mirrored).
      - For V(locked) the newest run as it was found when O(position) was.
    type: str
    default: ""
  token:
    description: The token of the lock, as RV(token) returned it; needed for V(opened), V(noted), V(unlocked) and V(pruned).
    type: str
    default: ""
  content:
    description:
      - For V(opened) the run as it is told once, with C(management_server), C(database_server), C(target_version), C(backup_folder)
        and C(state_before).
      - For V(noted) values to keep, by their names. They replace earlier notes of the same names, and never what was told once.
      - For V(mirrored) what RV(documents) returned.
    type: dict
    default: {}
  steps:
    description:
      - New states of steps, by their names, for V(noted).
      - States are V(pending), V(running), V(done), V(failed), V(unknown), V(rolled_back) and V(skipped).
    type: dict
    default: {}
  evidence:
    description: What proves the new entry, for V(noted).
    type: dict
    default: {}
  documents:
    description:
      - What the last task with V(noted) returned as RV(documents), so that the journal need not be read again. For V(noted).
      - Only for the holder of the lock, who alone can have added to the journal since. An entry that was not known is never overwritten.
    type: dict
    default: {}
  doing:
    description: What the lock is taken for, as others are told; needed for V(locked).
    type: str
    default: ""
  take_over_from:
    description:
      - The lock as RV(lock) returned it, when its holder was judged to be dead, for V(locked). The lock is taken from that holder only.
      - A takeover is recorded in the journal of the newest run.
      - When empty, or when that lock was free, the lock has to be free.
    type: dict
    default: {}
  position:
    description:
      - The position of the last entry of run O(run_id) when the journal was judged, for V(locked); V(0) when it had none.
      - The lock is not taken when the journal has changed since. When not given, that is not looked at.
    type: int
  keep:
    description: How many runs to keep, for V(pruned). The newest is always kept.
    type: int
    default: 10
  controller_folder:
    description:
      - A folder on the controller that gets a copy of the run's journal as C(RUN_ID.journal.json), with V(noted). An empty text keeps none.
      - A copy that can not be written is a warning.
    type: str
    default: ""
attributes:
  idempotent:
    support: partial
    details:
      - The lock can not be taken twice, also not by the same run, and a mirror is always written anew.
      - The other states change nothing where they hold already.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._failures
  - jp1.itdm._failures.files
notes:
  - C(locked) (precondition) - another run has the lock. Wait for its end, which the playbook C(status.yml) shows, or take it over when
    that run does not exist any more.
  - C(lock_lost) (operator_needed) - another run has taken the lock, or somebody has removed it. Leave the system to the run that has it.
  - C(lock_damaged) (precondition) - the lock does not say who holds it. Make sure that no other run works on the system, then delete
    its folder.
  - C(lock_schema_unknown) (precondition) - another version of the collection holds the lock. Use that version.
  - C(journal_moved) (operator_needed) - another run has written since the journal was read. Look at what it did, then run again.
  - C(newer_run) (precondition) - the journal knows a run that is newer than the one to be opened, which would not be found again. Set the
    controller's clock.
  - C(unknown_run) (precondition) - the journal does not know run O(run_id). Correct O(run_id) or O(folder); a run has to be opened first.
  - C(journal_foreign) (precondition) - a file belongs to another run or another system. Keep it, and compare the servers with it by hand.
  - C(journal_damaged) (precondition) - a file of the journal can not be read, or one is missing. Keep it, and compare the servers with
    its text by hand. Where the server lost its power while it was written, the message says how to go on.
  - C(journal_schema_unknown) (precondition) - another version of the collection wrote the journal. Use that version.
"""

EXAMPLES = r"""
- name: Read the journal
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: read
  delegate_to: "{{ upgrade_database_server }}"
  register: journal

- name: Take the lock
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: locked
    doing: maintenance
    run_id: "{{ journal.content.run_id }}"
    position: "{{ journal.content.position }}"
  delegate_to: "{{ upgrade_database_server }}"
  register: lock

- name: Note when the services were stopped
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: noted
    run_id: "{{ journal.content.run_id }}"
    token: "{{ lock.token }}"
    content:
      stopped_at: "{{ now(utc=true).isoformat() }}"
    steps:
      stop: done
  delegate_to: "{{ upgrade_database_server }}"

- name: Give the lock back
  jp1.itdm.upgrade_journal:
    folder: C:\ProgramData\jp1_itdm_upgrade
    state: unlocked
    token: "{{ lock.token }}"
  delegate_to: "{{ upgrade_database_server }}"
"""

RETURN = r"""
open:
  description: Whether the newest run still has to be finished.
  returned: success, with O(state=read)
  type: bool
content:
  description:
    - The newest run, or the one that was noted in, with everything that was noted; empty when there is none.
    - C(steps) has C(state) and C(since) of each step, C(position) is that of the last entry, and C(updated) its time.
  returned: success; with O(state=read) and O(state=noted) only it is filled
  type: dict
lock:
  description: Who has the lock.
  returned: success, with O(state=read)
  type: dict
  contains:
    held:
      description: Whether its folder is there.
      type: bool
    holder:
      description:
        - Who has it, with C(token), C(doing), C(controller), C(process) and C(since); empty when nobody does.
        - A folder without a holder is left by a server that lost its power, and may be taken.
      type: dict
    holder_gone:
      description: Whether the holder's ansible-playbook has ended; null when that can not be seen from this controller.
      type: bool
documents:
  description: The run's document as C(run) and its C(entries); empty with the states that do not read them.
  returned: success, with the other states
  type: dict
token:
  description: The token of the lock.
  returned: success, with the other states
  type: str
  sample: 0123456789abcdef
before:
  description: What was found, for example the C(position) of the last entry.
  returned: success, with the other states
  type: dict
after:
  description: The same afterwards.
  returned: success, with the other states
  type: dict
evidence:
  description: What shows how it was done; C(taken_over_from) says who had the lock before.
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
      sample: locked
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
