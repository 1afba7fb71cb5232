# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way of running commands belongs to which Ansible connection.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._psrp import PsrpRunner
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import Runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._ssh import SshRunner
from ansible_collections.jp1.itdm.plugins.plugin_utils._winrm import WinrmRunner

#: Name of the connection plugin -> what runs commands through it.
OPENERS: dict[str, Callable[[Any, Mapping[str, str], str], Runner]] = {"psrp": PsrpRunner, "ssh": SshRunner, "winrm": WinrmRunner}


def open_runner(connection: Any, environment: Mapping[str, str] | None = None, code_page_fallback: str = "cp932") -> Runner:
    """Return a runner for the Ansible connection of a Windows server; connects at its first command.

    :param connection: the connection plugin.
    :param environment: environment variables of all commands.
    :param code_page_fallback: Python's name of the code page in which tools write that ignore the shell's UTF-8.
    :raises OptionError: when the connection is none that can run commands on Windows this way.
    """
    transport = str(getattr(connection, "transport", "") or "unknown").rpartition(".")[2]
    opener = OPENERS.get(transport)
    if opener is None:
        raise OptionError(
            f"The connection {transport!r} can not be used for the servers of this product.",
            code="unsupported_connection",
            remedy=f"Set ansible_connection to {' or '.join(sorted(OPENERS))} for this host, a Windows server.",
            evidence={"connection": transport, "supported": sorted(OPENERS)},
        )
    return opener(connection, environment or {}, code_page_fallback)
