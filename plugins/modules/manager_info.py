#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manager_info
short_description: Read the state of a server of JP1/IT Desktop Management - Manager
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Reads what is installed on a management server or a database server, and how it runs.
  - Never changes anything.
options:
  wait_for_operation_window:
    description:
      - Whether to wait on the management server until the operation window's port answers.
      - The profile's field C(operation_window.time_limit) says for how many seconds.
      - Without effect on the database server.
    type: bool
    default: false
  program_files:
    description:
      - Whether to read RV(state.program_files) too.
      - That starts a Windows program for each of these files, which takes longer than all the rest.
    type: bool
    default: true
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.reads
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.files
notes:
  - C(operation_window) (verification) - the operation window's port did not answer in time. Read the product's log, and check the
    profile's fields C(operation_window.port) and C(operation_window.time_limit).
seealso:
  - module: jp1.itdm.preflight
"""

EXAMPLES = r"""
- name: Look at the management server
  jp1.itdm.manager_info:
    server: management_server
  register: management

- name: Look at its database server
  jp1.itdm.manager_info:
    server: database_server
  delegate_to: "{{ upgrade_database_server }}"
  register: database

- name: Show both versions
  ansible.builtin.debug:
    msg: "{{ management.state.product.version }} and {{ database.state.product.version }}"
"""

RETURN = r"""
state:
  description: The state of the server.
  returned: success
  type: dict
  contains:
    host:
      description: The server's name in the inventory.
      type: str
    server:
      description: The kind of server, V(management_server) or V(database_server).
      type: str
    computer_name:
      description: The name that Windows gives itself.
      type: str
      sample: JP1MGR01
    account:
      description: The account of the connection.
      type: str
    elevated:
      description: Whether the account has an administrator's rights in this session.
      type: bool
    system_drive:
      description: The drive of Windows.
      type: str
      sample: 'C:'
    os:
      description: Windows; C(name), C(version) and C(boot_time) (ISO 8601 in UTC, V(null) where it can not be told).
      type: dict
    clock_offset:
      description: Seconds by which the server's clock is ahead of the controller's; V(null) where it can not be told.
      type: float
    tools_missing:
      description: Windows programs that the collection needs and the server does not have.
      type: list
      elements: str
    pending_restart:
      description:
        - Why Windows waits for a restart; empty when it does not.
        - Reasons are V(component_based_servicing), V(windows_update) and V(file_rename).
      type: list
      elements: str
    installers_running:
      description: The running processes that the profile knows as installers.
      type: list
      elements: str
    cluster:
      description: Whether the server is a member of a failover cluster.
      type: bool
    product:
      description:
        - The installed product.
        - Its keys are C(installed), C(version) (V(VV-RR) or V(VV-RR-SS), empty when it can not be told), C(version_text) (as the registry
          states it) and C(install_folder).
      type: dict
      sample:
        installed: true
        version: 10-00
        version_text: 10-00
        install_folder: C:\Program Files (x86)\Hitachi\jp1itdmm
    services:
      description: The product's services with C(state) and C(start_type), by their names.
      type: dict
      sample:
        JP1_ITDM_Service:
          state: running
          start_type: auto
    program_files:
      description:
        - Size in bytes and SHA-256 of each program file, separated by a colon, by its path; empty where the profile names no folders.
        - V(null) with O(program_files=false).
      type: dict
    settings:
      description: SHA-256 of each file with settings, by its path, V(null) for one that is missing; empty where the profile names none.
      type: dict
    license_registered:
      description: Whether a licence is registered; V(null) where the profile can not tell, and on the database server.
      type: bool
    operation_window:
      description: Whether something listens on the operation window's port; V(null) on the database server.
      type: bool
    database:
      description:
        - The number of C(records) and the C(schema) version of the database, and whether it is C(damaged), for example because Setup was
          interrupted.
        - They are V(null) where the profile can not tell, and on the server that does not take the backups.
      type: dict
      sample:
        records: 200
        schema: 10-00
        damaged: false
    unanswered:
      description: The profile's actions that should tell something of the state and did not, such as V(database_status).
      type: list
      elements: str

profile:
  description: The product profile in force, with every field's value by its name.
  returned: success
  type: dict
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
      sample: operation_window
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import MANAGER_INFO


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=MANAGER_INFO, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.manager_info runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
