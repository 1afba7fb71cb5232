#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manager_service
short_description: Start or stop the services of JP1/IT Desktop Management - Manager
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Brings the product's services into one state, on the management server by the product's own commands as the profile describes them.
  - The end is proven by the service control manager of Windows, whatever the command said.
options:
  state:
    description: The state that is wanted. Services that Windows does not start by itself need not run for V(started).
    type: str
    required: true
    choices:
      started: The services run.
      stopped: The services are stopped.
  purpose:
    description: What the services are started or stopped for, which decides which of them count.
    type: str
    default: operation
    choices:
      operation: All services of the server.
      license_registration: Those that must run while the licence is registered, C(services.for_license) in the profile.
      installation:
        - Those that must be stopped before an installation on the server; C(services.stop_before_database_install) in the profile for
          the database server, all for the management server.
        - Goes with O(state=stopped) only.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
notes:
  - On the database server the service control manager starts and stops the services. It does so on the management server where the
    profile's method is C(services), and for a stop whose program a half-finished installation has removed.
  - A list of services that is empty in the profile counts as stopped.
  - C(services_unknown) (precondition) - no service matches the profile's names. Correct its field C(services.management_server),
    C(services.database_server) or C(services.for_license).
  - C(service_missing) (precondition) - a service has gone meanwhile. Look whether an installation is running.
  - C(service_not_started) and C(service_not_stopped) (command or timeout) - a service refused, or took longer than
    C(services.time_limit) of the profile. Read its log and the Windows event log.
  - C(services_not_running) and C(services_not_stopped) (verification) - the command ended, but the services are in another state.
    Read the product's log and the Windows event log.
"""

EXAMPLES = r"""
- name: Stop the management server's services
  jp1.itdm.manager_service:
    server: management_server
    state: stopped

- name: Start the database server's services
  jp1.itdm.manager_service:
    server: database_server
    state: started
  delegate_to: "{{ upgrade_database_server }}"
"""

RETURN = r"""
before:
  description: The C(services) with their C(state) and C(start_type), by their names.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
  sample:
    services:
      JP1_ITDM_Service:
        state: stopped
        start_type: auto
evidence:
  description:
    - The end of the product's command; C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds.
    - Where the service control manager did it, C(by) says so, and C(services) lists what was started or stopped.
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
      sample: services_not_running
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import MANAGER_SERVICE


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=MANAGER_SERVICE, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.manager_service runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
