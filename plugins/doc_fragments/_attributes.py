# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules of the collection have in common: check mode, connection and platform.

Note that this fragment is private to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Runs on the controller and drives the server through the task's own connection; nothing is copied to the server.
    support: full
  async:
    description: Supports being run with the C(async) keyword.
    support: none
    details:
      - C(async) is refused. A long step is waited for, up to the time limit that the product profile gives it.
  become:
    description: Supports the C(become) keywords.
    support: none
    details:
      - C(become) is refused. Let the connection log in with an administrator's account.
  diff_mode:
    description: Returns details about what has changed or would change in diff mode.
    support: none
  platform:
    description: The target platform.
    support: full
    platforms: windows
notes:
  - The server needs Windows Remote Management or OpenSSH, and no PowerShell. The connection must be
    P(ansible.builtin.winrm#connection), P(ansible.builtin.psrp#connection) or P(ansible.builtin.ssh#connection), the last one with
    C(ansible_shell_type=cmd) and C(cmd.exe) as the server's default shell.
  - The C(environment) keyword is honoured by every command on the server.
  - A delegated task acts on the host of C(delegate_to), which has to be in the inventory group of its kind of server,
    C(jp1_itdm_management_servers) or C(jp1_itdm_database_servers).
"""

    # A module that changes something.
    CHANGES = r"""
options: {}
attributes:
  check_mode:
    description: Can run without changing the server, and then tells what it would do.
    support: full
    details:
      - Looks whether the work is done already and checks the conditions, and touches nothing.
      - A condition that only an earlier step of the procedure brings about is listed in RV(not_evaluated) and fails nothing.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
    details:
      - The server is asked, so this also holds when the run that did the work did not see its end.
      - Where the profile has no way to ask, a step that was left to a person is repeated.
notes:
  - Where the outcome of a program is not known, because the server restarted or an answer was lost, the server is looked at, and only what
    is not done is done again. The C(evidence) of the result then has C(interrupted), the failure.
  - A program that an earlier try of the run has started is waited for and never started twice. Its end is C(taken_up) in C(evidence).
"""

    # A module that changes nothing.
    READS = r"""
options: {}
attributes:
  check_mode:
    description: Can run without changing the server, and then tells what it would do.
    support: full
    details:
      - Never changes the server, so that check mode makes no difference.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
"""
