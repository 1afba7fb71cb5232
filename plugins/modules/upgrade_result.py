#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_result
short_description: Keep the result of an upgrade as a file on the controller
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Writes the result of a run as JSON, so that it is there completely or not at all, and only its owner can read it.
  - Contacts no server. In the role it belongs to a management server, by which the file is named.
options:
  path:
    description: The file on the controller. The folders above it are made, only for their owner.
    type: path
    required: true
  content:
    description: The result.
    type: dict
    required: true
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._failures
attributes:
  check_mode:
    description: Can run without changing the controller, and then tells what it would do.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
notes:
  - C(controller_file) (precondition) - the file can not be written. Correct O(path), or the rights of the account that runs Ansible.
seealso:
  - module: jp1.itdm.upgrade_journal
"""

EXAMPLES = r"""
- name: Keep the result
  jp1.itdm.upgrade_result:
    path: ~/jp1_itdm_upgrade/{{ inventory_hostname }}.json
    content: "{{ upgrade_result }}"
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /var/log/jp1_itdm/JP1MGR01.json
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
      sample: controller_file
    message:
      description: What happened, in one sentence.
      type: str
    remedy:
      description: What to do next.
      type: str
    evidence:
      description: What proves it.
      type: dict
    host:
      description: The management server's name in the inventory.
      type: str
http_requests:
  description: How many HTTP requests the task sent to the server, which is none.
  returned: always
  type: int
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import UPGRADE_RESULT


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=UPGRADE_RESULT, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.upgrade_result runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
