#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manager_install
short_description: Overwrite-install JP1/IT Desktop Management - Manager, or install its old version again
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Runs the installer that the profile describes, and proves its end by the version that the server shows afterwards.
  - With O(program_files) it is the way back. Then an older version may be installed over a newer one, and the program files
    must be those of before.
options:
  run_id:
    description:
      - The run that a detached program belongs to.
      - A program that an earlier try of the same run has started is waited for, and not started again.
    type: str
    default: run
  version:
    description: The version to install, as V(VV-RR) or V(VV-RR-SS), in quotes. Versions from V(10-50) on are refused.
    type: str
    required: true
  media_folder:
    description: The folder with that version's media, on a local drive of the server.
    type: str
    required: true
  auto_update:
    description:
      - Whether the installer sets the automatic update of components on users' computers.
      - When it is set, the management server sends about 30 MB to each computer with an agent, about 4 MB more where there is a network
        access control agent, and about 120 MB more where there is a site server program.
    type: bool
    default: false
  start_services:
    description: Whether the installer is to start the services at its end, where the profile passes that on.
    type: bool
    default: true
  program_files:
    description:
      - The program files that the server had with this version, as RV(jp1.itdm.manager_info#module:state.program_files) returns them.
      - The installation counts as done only when the server shows exactly these.
    type: dict
  removal_media_folder:
    description:
      - The folder with the media of the newer version that is installed, on the way back.
      - Only used where the profile's field C(rollback.remove_new_version_first) says that the newer version is removed first.
    type: str
    default: ""
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.changes
  - jp1.itdm._options.connection
  - jp1.itdm._options
  - jp1.itdm._options.journal_folder
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
  - jp1.itdm._failures.files
  - jp1.itdm._failures.version
notes:
  - A response file lies in the account's folder for temporary files while the installer runs, readable by administrators only.
  - A restart that the installer asks for is reported in RV(evidence) and never done.
  - C(itdm2_target) (precondition) - O(version) belongs to JP1/IT Desktop Management 2. Choose a version before V(10-50).
  - C(media) (precondition) - the media can not be read, or are of another version. Put the right media into O(media_folder).
  - C(downgrade) (precondition) - a newer version is installed. Going back is what the playbook C(rollback.yml) does.
  - C(services_running) (precondition) - services that have to be stopped still run. Stop them with M(jp1.itdm.manager_service).
  - C(installer_running) (precondition) - an installer is running already. Wait until it has ended.
  - C(installation_space) (precondition) - less than 2.4 GB are free on the drive of the product or on the system drive. Free space.
  - C(installation_not_effective) (verification) - the installer ended, but the server shows another version or other program files.
    Read the installer's log, whose end is in the evidence of the failure.
seealso:
  - module: jp1.itdm.manager_service
  - module: jp1.itdm.database_setup
"""

EXAMPLES = r"""
- name: Overwrite-install on the database server
  jp1.itdm.manager_install:
    server: database_server
    version: "10-10"
    media_folder: D:\JP1\media\10-10
  delegate_to: "{{ upgrade_database_server }}"

- name: Overwrite-install on the management server, and leave the users' computers alone
  jp1.itdm.manager_install:
    server: management_server
    version: "10-10"
    media_folder: D:\JP1\media\10-10
    auto_update: false
"""

RETURN = r"""
before:
  description: The C(product) that was installed, with the same keys as RV(jp1.itdm.manager_info#module:state.product).
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
evidence:
  description:
    - The end of the installer under C(install) and, where the newer version was removed first, under C(uninstall).
    - Each has C(exit_code), the end of C(stdout) and C(stderr), and C(elapsed) in seconds, and C(restart_wanted), whether it asks for a restart.
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
      sample: installation_not_effective
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
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import MANAGER_INSTALL


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=MANAGER_INSTALL, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.manager_install runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
