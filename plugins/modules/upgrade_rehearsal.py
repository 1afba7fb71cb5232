#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_rehearsal
short_description: Rehearse what the long steps of an upgrade need on a server
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Starts a detached program that does no harm, as the profile starts backup, restore, installers and Setup, and sees its end. The program
    runs as the account that the long steps will have, reads the installer in O(media_folders), and writes a file into O(writable_folders),
    which is proven by its hash.
  - Leaves nothing behind.
  - Where the profile lets these programs run in the connection's shell, the connection's account is tried in the same way. Where it leaves
    all of them to a person, nothing is rehearsed.
  - Acts on either server.
options:
  media_folders:
    description: Folders that installers read. Where the profile names the installer, it is read from end to end.
    type: list
    elements: str
    default: []
  writable_folders:
    description: Folders that programs write into. Where one does not exist, the nearest folder above it is tried, in which it will be made.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.files
attributes:
  check_mode:
    description: Can run without changing the server, and then tells what it would do.
    support: full
    details:
      - In check mode the server is not touched, and nothing is rehearsed.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
notes:
  - C(rehearsal_failed) (precondition) - a long step would not work. The message says all that would not, and the evidence lists it as
    C(problems). Give the account the rights, use folders on local drives, or set the profile's field C(install.run_in) and its like.
seealso:
  - module: jp1.itdm.preflight
"""

EXAMPLES = r"""
- name: Rehearse what the installation needs
  jp1.itdm.upgrade_rehearsal:
    server: database_server
    media_folders: [D:\JP1\media\10-10, D:\JP1\media\10-00]
    writable_folders: [D:\JP1\backup]
  delegate_to: "{{ upgrade_database_server }}"
"""

RETURN = r"""
rehearsed:
  description: The ways that were rehearsed, V(task) for the Task Scheduler and V(shell) for the connection's shell; empty in check mode.
  returned: success
  type: list
  elements: str
  sample: [task]
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
      sample: rehearsal_failed
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import UPGRADE_REHEARSAL


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=UPGRADE_REHEARSAL, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.upgrade_rehearsal runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
