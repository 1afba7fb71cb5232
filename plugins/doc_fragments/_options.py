# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share.

Note that this fragment is private to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    """The options."""

    # Which product profile counts, and the secrets that its actions may need.
    DOCUMENTATION = r"""
options:
  profile:
    description:
      - The product profile, which says how the product's programs are called on the server.
      - The name of a shipped profile, or the path of an own YAML file on the controller, which has at least one C(/) in it.
      - Taken from the variable C(upgrade_profile) when not given, and V(jp1_itdm_v10) when that is not set either.
    type: str
  profile_overrides:
    description:
      - Values that replace the profile's, by the names of its fields.
      - Taken from the variable C(upgrade_profile_overrides) when not given.
    type: dict
  confirmed_steps:
    description:
      - Actions with method C(manual) in the profile that a person says to have done, and whose outcome the profile gives no way to see,
        such as V(setup_database), V(register_license) and V(restore).
      - All others need no confirmation, because the next run sees on the server that they were done.
      - Taken from the variable C(upgrade_confirmed_steps) when not given.
    type: list
    elements: str
  database_password:
    description:
      - The password of the product's database, for the actions whose profile entry needs it.
      - Taken from the variable C(upgrade_database_password) when not given. This is the better way, because Ansible shows a task's
        options in verbose output.
      - It is replaced by asterisks in results, errors and the verbose output of the collection.
    type: str
  license_key:
    description:
      - The licence key, for the actions whose profile entry needs it.
      - Taken from the variable C(upgrade_license_key) when not given. This is the better way, because Ansible shows a task's
        options in verbose output.
      - It is replaced by asterisks in results, errors and the verbose output of the collection.
    type: str
"""

    # How long a server that does not answer is waited for.
    CONNECTION = r"""
options:
  reconnection_time:
    description:
      - Seconds for which a server that does not answer is waited for, for example while it restarts, also at the first contact.
      - With V(0) a server that was reached before is tried again for about 30 seconds, and one that was not is not waited for.
      - A command is never run twice because of that, unless it only asks. Wrong credentials are never tried more than twice.
      - Taken from the variable C(upgrade_reconnection_time) when not given, else V(0).
    type: int
"""

    # Where detached programs are kept.
    JOURNAL_FOLDER = r"""
options:
  journal_folder:
    description:
      - The folder on the server that holds the folders of detached programs.
      - Taken from the variable C(upgrade_journal_folder) when not given, else V(C:\\ProgramData\\jp1_itdm_upgrade).
    type: str
"""

    # Which of the two servers the task acts on.
    SERVER = r"""
options:
  server:
    description: Which server of the system the task acts on.
    type: str
    required: true
    choices:
      management_server: The server that agents and administrators talk to.
      database_server: The server that holds the database and the distribution packages.
"""

    # The licence file.
    LICENSE_FILE = r"""
options:
  license_file:
    description: The licence file on the management server, where the profile's action C(register_license) needs one.
    type: str
    default: ""
"""
