#!/usr/bin/python
# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, and its options for the tools that compare both."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_evidence
short_description: Collect from a server of JP1/IT Desktop Management - Manager what shows why an upgrade failed
version_added: 0.1.0
author: The jp1.itdm authors (!UNKNOWN)
description:
  - Copies logs and states of a server into a folder on the controller, before a rollback changes them.
  - Collects the logs that the profile's fields C(evidence.files) and C(install.log_file) name, the states of the product's services,
    the texts of the run in the journal's folder with the output of detached programs, and the newest 200 events of the Windows event
    logs C(System) and C(Application).
  - Of a log with more than 200 kB the end is taken, of the logs that match one pattern the 50 newest.
  - The files are in UTF-8. Their names and contents tell the server's paths, users and product data; only the owner of the process may
    read them.
  - What is missing fails nothing, nor does a server that can not be reached. Both are noted in the result and in the index.
options:
  folder:
    description:
      - The folder on the controller for the evidence of all runs. It is made when it does not exist.
      - Each call makes a folder C(RUN_ID/HOST/TIME) in it and never replaces one.
    type: path
    required: true
  run_id:
    description: The run whose evidence it is. Only this run's part of the journal is collected.
    type: str
    required: true
  journal_folder:
    description:
      - The folder on the server that holds the journal and the folders of detached programs.
      - Taken from the variable C(upgrade_journal_folder) when not given, else V(C:\\ProgramData\\jp1_itdm_upgrade).
    type: str
  time_limit:
    description: Seconds after which nothing more is asked of the server.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    details:
      - Reads nothing and writes nothing, and says so in RV(reason).
  idempotent:
    support: none
    details:
      - Each call makes a folder of its own on the controller. The server is never changed.
extends_documentation_fragment:
  - jp1.itdm._attributes
  - jp1.itdm._attributes.reads
  - jp1.itdm._options
  - jp1.itdm._options.server
  - jp1.itdm._failures
  - jp1.itdm._failures.product
notes:
  - Only wrong options and a wrong profile make the task fail.
  - Standard input of detached programs and the lock of the journal are never collected. O(database_password) and O(license_key) are
    replaced by asterisks; other secrets in a log, which the collection does not know, are not.
seealso:
  - module: jp1.itdm.upgrade_journal
"""

EXAMPLES = r"""
- name: Collect evidence from the database server
  jp1.itdm.upgrade_evidence:
    server: database_server
    folder: /var/log/jp1_itdm
    run_id: 20260301T010000Z
  delegate_to: "{{ upgrade_database_server }}"
  register: evidence

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ evidence.folder }}/index.json"
"""

RETURN = r"""
collected:
  description: Whether anything was collected.
  returned: success
  type: bool
reason:
  description: Why nothing could be collected, or not everything could be asked; empty when the server answered to the end.
  returned: success
  type: str
  sample: JP1DB01 can not be reached.
folder:
  description:
    - The folder on the controller with the evidence; empty when there is none.
    - Its file C(index.json) has the C(schema) V(1), C(run_id), C(host), C(server), C(collected), C(reason), C(started) (ISO 8601 in UTC)
      and C(elapsed) (seconds).
    - It lists in C(files) each file's C(path) in the folder, C(source) on the server, C(bytes) and C(sha256) as it is in the folder,
      C(size) (bytes on the server, V(null) for what is no file there) and C(truncated), and in C(missing) the same as RV(missing).
    - It is written last, so that a folder without it is what an interrupted task left.
  returned: success
  type: str
  sample: /var/log/jp1_itdm/20260301T010000Z/JP1DB01/20260301T013000Z
files:
  description: How many files were written, without the index.
  returned: success
  type: int
bytes:
  description: How many bytes they have.
  returned: success
  type: int
missing:
  description: What could not be collected; C(source), a path on the server or a name, and C(reason).
  returned: success
  type: list
  elements: dict
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
      sample: bad_profile
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
      description: The server's name in the inventory.
      type: str
http_requests:
  description: How many HTTP requests the task sent to the server.
  returned: when the server was contacted
  type: int
  sample: 12
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import UPGRADE_EVIDENCE


def main() -> None:
    """Refuse to run on a server: the action plugin of this name does the work on the controller."""
    module = AnsibleModule(argument_spec=UPGRADE_EVIDENCE, supports_check_mode=True)
    module.fail_json(msg="jp1.itdm.upgrade_evidence runs on the controller as an action plugin and never on a server.")


if __name__ == "__main__":
    main()
