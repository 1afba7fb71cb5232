#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_backup
short_description: Back up the database of JP1/IT Desktop Management - Manager, and prove the backup
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Runs the backup that the profile describes, and then writes a manifest with the size and the SHA-256 of every file.
  - With such a manifest an empty, truncated, altered or stale backup is rejected by name, before it is needed and when it is.
  - Acts on the database server.
options:
  folder:
    description:
      - The folder of the run on the server. The backup goes into its folder C(database), the manifest beside that.
      - Its drive needs 20 GB of free space, which M(jp1.itdm.preflight) checks.
    type: str
    required: true
  copy_folder:
    description:
      - A folder of the run on another drive of the server, or on a share, for a second copy of backup and manifest.
      - It is proven by the size and the SHA-256 of every file, like the backup itself, and O(state) holds for it, too.
      - C(xcopy) makes it as the account of the connection. A share needs a connection that passes the credentials on, by CredSSP or
        Kerberos delegation.
      - To restore from it, copy it back to O(folder), or name it as the folder of M(jp1.itdm.database_restore).
    type: str
    default: ""
  run_id:
    description: The run that the backup belongs to. It goes into the manifest, and a backup of another run is rejected.
    type: str
    required: true
  state:
    description: What is wanted of the backup.
    type: str
    default: taken
    choices:
      taken: There is a proven backup of this run; it is taken when there is none.
      verified: There is one, and it is whole and unaltered. Nothing is changed, also when there is none.
      absent: It is deleted, together with the folder of the run.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.files
  - jp1.itdm._failures.installed
  - jp1.itdm._failures.backup
notes:
  - Where the profile's method is C(manual), a person takes the backup into the folder that the message names. What lies there at the
    next run is proven and becomes the backup.
  - Where the method is C(command), a folder C(database) without a manifest is what an interrupted attempt left, and is taken anew.
  - C(copy_on_same_drive) (precondition) - O(copy_folder) is on the backup's own drive. Name another drive or a share.
  - C(copy_space) (precondition) - there is less free space for the copy than the backup needs. Free some, and run again.
  - C(copy_failed) (command) - C(xcopy) failed. Check the drive or share, and that the account may write there.
  - C(copy_differs) (backup_rejected) - the copy is not equal to the backup. Check the drive or share, remove the copy, and run again.
  - C(copy_missing) (backup_rejected) - with O(state=verified), there is no copy, or one that was never completed. Copy the backup again.
  - C(backup_not_deleted) (verification) - the folder is still there after it was deleted. Close what uses it, and run again.
seealso:
  - module: jp1.itdm.database_restore
"""

EXAMPLES = r"""
- name: Back up the database and prove the backup
  jp1.itdm.database_backup:
    folder: D:\JP1\backup\20260301T010000Z
    run_id: 20260301T010000Z
  delegate_to: "{{ upgrade_database_server }}"
  register: backup

- name: Prove it again
  jp1.itdm.database_backup:
    folder: D:\JP1\backup\20260301T010000Z
    run_id: 20260301T010000Z
    state: verified
  delegate_to: "{{ upgrade_database_server }}"
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

copy:
  description: The proven copy; C(folder), C(files) and C(bytes). Empty without O(copy_folder), or with O(state=absent) whether it was C(there).
  returned: success
  type: dict
warnings:
  description:
    - What is strange about a backup that was taken now. Its size is less than half, or more than double, of that of the last backup in
      another run's folder beside it.
  returned: success
  type: list
  elements: str
before:
  description: What was there before; C(manifest), or with O(state=absent) whether the folder was C(there).
  returned: success
  type: dict
after:
  description: What is there now, with the same keys as RV(before).
  returned: success
  type: dict
evidence:
  description:
    - The end of the backup program; C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds.
    - After a manual backup C(taken_by) is V(operator).
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
      sample: backup_truncated
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import DATABASE_BACKUP


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=DATABASE_BACKUP, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.database_backup runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
