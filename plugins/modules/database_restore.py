#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_restore
short_description: Restore the database of JP1/IT Desktop Management - Manager from a proven backup
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Restores a backup that M(jp1.itdm.database_backup) took. Everything that was recorded after that backup is lost.
  - Before anything is touched, the backup is compared with its manifest byte for byte, and its version with the installed one.
  - The management server's services have to be stopped.
  - Acts on the database server.
options:
  folder:
    description: The folder of the run on the server, as O(jp1.itdm.database_backup#module:folder) named it.
    type: str
    required: true
  run_id:
    description: The run that the backup must belong to. When not given, a backup of any run is restored.
    type: str
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.database
  - jp1.itdm._failures.files
  - jp1.itdm._failures.installed
  - jp1.itdm._failures.backup
notes:
  - A restore leaves a mark, C(restored.json), beside the manifest. With the mark, and the number of records and the schema of the backup,
    nothing is restored again.
  - In check mode the backup is proven, too. A backup of another version than the installed one fails also then.
  - C(backup_other_version) (backup_rejected) - the backup was taken with another version than is installed. Install that version
    first.
  - C(restore_incomplete) (verification) - the database holds another number of records than the backup. Keep the services stopped,
    read the restore program's output, and restore again.
seealso:
  - module: jp1.itdm.database_backup
"""

EXAMPLES = r"""
- name: Restore the database
  jp1.itdm.database_restore:
    folder: D:\JP1\backup\20260301T010000Z
    run_id: 20260301T010000Z
  delegate_to: "{{ upgrade_database_server }}"
  register: restore

- name: Say how many records were there before
  ansible.builtin.debug:
    msg: "{{ restore.records_before }} records were replaced by the {{ restore.manifest.records }} of the backup."
"""

RETURN = r"""
manifest:
  description: The backup's manifest, which lies as C(manifest.json) beside it; empty when there is no backup.
  returned: success
  type: dict
  contains:
    run_id:
      description: The run that the backup belongs to.
      type: str
    host:
      description: The server that it was taken on.
      type: str
    created:
      description: The server's time when it was complete, ISO 8601 in UTC; empty where the server could not tell.
      type: str
      sample: '2026-03-01T01:02:03+00:00'
    product_version:
      description: The version of the product that it was taken with. It can be restored into this version only.
      type: str
      sample: 10-00
    records:
      description: The number of records in it; V(null) where the profile has no way to count.
      type: int
    files:
      description: Every file of it, with its path below the folder C(database), its size in bytes and its SHA-256.
      type: list
      elements: dict

records_before:
  description: The number of records right before the restore; V(null) where the profile has no way to count, or nothing was restored.
  returned: success
  type: int
started:
  description: The controller's time at the begin of the restore, ISO 8601 in UTC; empty when nothing was restored.
  returned: success
  type: str
before:
  description: C(manifest), and the number of C(records) in the database.
  returned: success
  type: dict
after:
  description: The same after the restore.
  returned: success
  type: dict
evidence:
  description: RV(started), RV(records_before) and the end of the restore program; C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds.
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
      sample: backup_rejected
    code:
      description: The stable failure code.
      type: str
      sample: backup_other_version
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import DATABASE_RESTORE


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=DATABASE_RESTORE, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.database_restore runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
