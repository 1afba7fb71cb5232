# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Over which connections which tests of the wire run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRANSPORTS = ("winrm", "psrp", "ssh")

#: What runs over every connection in the quick run, too; all else is quick over winrm only.
QUICK = {
    "test_arguments",
    "test_changes_never_run_twice",
    "test_exit_codes",
    "test_input",
    "test_lines",
    "test_time_limit_ends_or_leaves_the_command",
    "test_wrong_password",
}
#: What ssh does not have: messages about a command that runs, quotas, certificates.
BEHAVIOUR_OF_WINRS = {
    "test_a_real_quota",
    "test_bad_certificates",
    "test_changed_password",
    "test_lost_answer_to_input",
    "test_output_is_read_on_after_breaks",
    "test_silent_commands_outlive_lost_answers",
}


def cases(faults: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each connection with each fault, or list of faults, that it can meet: of ssh, only sessions can be broken."""

    def is_of_sessions(fault: Any) -> bool:
        entries = fault if isinstance(fault, list) else [fault]
        return all(entry["kind"] in ("drop_before", "drop_after") and entry.get("action") == "Command" for entry in entries)

    return [(transport, name) for transport in TRANSPORTS for name, fault in faults.items() if transport != "ssh" or is_of_sessions(fault)]
