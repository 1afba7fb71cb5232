#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check a server of JP1/IT Desktop Management - Manager against the conditions of an upgrade
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Checks one server against everything that an upgrade, and the way back from it, needs there.
  - What it finds is a list in the result and no failure, so that the findings of both servers can be shown together.
  - Never changes anything.
options:
  target_version:
    description:
      - The version to upgrade to, as V(VV-RR) or V(VV-RR-SS), in quotes.
      - Versions from V(10-50) on belong to another product and are refused.
    type: str
    required: true
  media_folder:
    description: The folder with the new version's media, on a local drive of the server.
    type: str
    required: true
  old_media_folder:
    description: The folder with the installed version's media, on a local drive of the server, which the way back needs.
    type: str
    default: ""
  backup_folder:
    description:
      - The folder that will hold the backups, on a local drive of the server.
      - Its drive needs 20 GB of free space. Only looked at on the database server.
    type: str
    default: ""
  backup_copy_folder:
    description:
      - The folder that will hold the second copies of the backups, on another drive of the server or on a share.
      - Only looked at on the database server.
    type: str
    default: ""
  accept_no_way_back:
    description: Whether a missing O(old_media_folder) is only a warning.
    type: bool
    default: false
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.reads
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.server
  - jp1.itdm._options.license_file
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.files
  - jp1.itdm._failures.version
notes:
  - C(itdm2_target) (precondition) - O(target_version) belongs to JP1/IT Desktop Management 2. Choose a version before V(10-50).
seealso:
  - module: jp1.itdm.manager_info
"""

EXAMPLES = r"""
- name: Check the database server
  jp1.itdm.preflight:
    server: database_server
    target_version: "10-10"
    media_folder: D:\JP1\media\10-10
    old_media_folder: D:\JP1\media\10-00
    backup_folder: D:\JP1\backup
  delegate_to: "{{ upgrade_database_server }}"
  register: checked

- name: Require that nothing is in the way
  ansible.builtin.assert:
    that: checked.findings | selectattr('severity', 'eq', 'blocker') | length == 0
"""

RETURN = r"""
findings:
  description: What the checks found; empty when all is well.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - The stable id of the check. The filter P(jp1.itdm.system_findings#filter) adds those that need both servers.
        - V(product_installed) - the product is installed, and its version can be told.
        - V(same_version), V(downgrade), V(itdm2_target), V(bad_version) - the target version is a later one of the same product.
        - V(elevated_account) - the account has an administrator's rights.
        - V(windows_tools) - the Windows programs that the collection needs are there.
        - V(services_known) - the profile knows the product's services.
        - V(services_running) - those that start with Windows run; a rollback has to bring this state back.
        - V(programs_known) - the programs that the profile names for its commands exist.
        - V(cluster) - the server is no member of a cluster.
        - V(pending_restart) - Windows does not wait for a restart.
        - V(installer_running) - no installer is running.
        - V(installation_space) - 2.4 GB are free on the drive of the product and on the system drive.
        - V(backup_folder) and V(backup_space) - the backup goes to a local drive with 20 GB of free space.
        - V(backup_copy) and V(backup_copy_space) - the second copy goes to another drive or to a share, which can be reached; less than
          20 GB of free space there, or an unknown amount, is only a warning.
        - V(media) and V(old_media) - both versions' media are on a local drive, readable and of the right version.
        - V(profile_complete) - the profile has a way for every step of the upgrade and of the way back.
        - V(setup_known) - the profile has a way for Setup. The filter P(jp1.itdm.blockers#filter) leaves it out for a run without Setup.
        - V(profile_variables) - what the profile's templates for these steps name has a value, such as O(license_file).
        - V(license_file) - the licence file is there, if the profile needs one.
        - V(credentials) - the secrets that the profile's actions need are given.
        - V(profile_assumed) - no field of the profile is an assumption.
        - V(secret_in_argv) - no secret stands on a command line.
      type: str
      sample: backup_space
    severity:
      description: V(blocker) for what stops an upgrade, V(warning) for what is only said.
      type: str
      sample: blocker
    host:
      description: The server's name in the inventory.
      type: str
    message:
      description: What was found.
      type: str
    remedy:
      description: What to do about it.
      type: str
disks:
  description: Free and total bytes of the drives that were looked at, by drive.
  returned: success
  type: dict
  sample:
    'D:':
      free: 60000000000
      total: 100000000000
state:
  description: The state of the server, with the same keys as the module M(jp1.itdm.manager_info) returns.
  returned: success
  type: dict

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
      sample: precondition
    code:
      description: The stable failure code.
      type: str
      sample: itdm2_target
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import PREFLIGHT


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=PREFLIGHT, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.preflight runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
