#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manager_license
short_description: Register the licence of JP1/IT Desktop Management - Manager
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Registers the licence as the profile describes it. The way back needs this after the old version was installed again.
  - Nothing is done where the profile can tell that a licence is registered.
  - Acts on the management server.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.license_file
  - jp1.itdm._failures
  - jp1.itdm._failures.product
notes:
  - C(services_stopped) (precondition) - services that registering needs do not run. Start them with M(jp1.itdm.manager_service) and
    O(jp1.itdm.manager_service#module:purpose=license_registration).
  - C(license_not_registered) (verification) - the licence program ended, but no licence is registered. Check the licence key.
seealso:
  - module: jp1.itdm.manager_service
"""

EXAMPLES = r"""
- name: Start what registering the licence needs
  jp1.itdm.manager_service:
    server: management_server
    state: started
    purpose: license_registration

# The key comes from the variable upgrade_license_key, which ansible-vault or a credential of AWX provides.
- name: Register the licence
  jp1.itdm.manager_license:
"""

RETURN = r"""
before:
  description: Whether a licence was C(registered); V(null) where the profile can not tell.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
  sample:
    registered: true
evidence:
  description: The end of the licence program; C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds.
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
      sample: license_not_registered
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import MANAGER_LICENSE


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=MANAGER_LICENSE, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.manager_license runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
