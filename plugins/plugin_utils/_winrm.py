# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands through C(ansible.builtin.winrm): the only file that touches that plugin's inner parts (C(protocol), C(shell_id)).

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.plugin_utils._winrs import UTF8_CODE_PAGE, Silence, WinrsRunner

try:
    from winrm.exceptions import WinRMOperationTimeoutError
except ImportError:  # Ansible's connection says what is missing when it connects

    class WinRMOperationTimeoutError(Exception):  # type: ignore[no-redef]
        """Stands in for pywinrm's."""


class WinrmRunner(WinrsRunner):
    """Runs commands in the shell that the connection opens, or in one of its own where there is an environment to set."""

    def __init__(self, connection: Any, environment: Mapping[str, str], code_page_fallback: str) -> None:
        super().__init__(connection, code_page_fallback)
        self._environment = {str(key): str(value) for key, value in environment.items()}
        self._own_shell: str | None = None
        self._counted: object = None

    def close(self) -> None:
        shell, self._own_shell = self._own_shell, None
        if shell is not None and self._connection.protocol is not None:
            self._quietly(lambda: self._connection.protocol.close_shell(shell, close_session=False))

    def _connect(self) -> str:
        self._connection._connect()
        self._count_requests()
        if self._environment and self._own_shell is None:
            self._own_shell = str(self._connection.protocol.open_shell(codepage=UTF8_CODE_PAGE, env_vars=self._environment))
        return self._own_shell or str(self._connection.shell_id)

    def _send_command(self, shell: str, line: str) -> str:
        return str(self._connection.protocol.run_command(shell, line, console_mode_stdin=False, skip_cmd_shell=False))

    def _send_input(self, shell: str, command_id: str, data: bytes, *, end: bool) -> None:
        self._connection.protocol.send_command_input(shell, command_id, data, end=end)

    def _ask_for_output(self, shell: str, command_id: str, longest: float) -> tuple[bytes, bytes, int, bool]:
        protocol = self._connection.protocol
        usual = protocol.operation_timeout_sec
        protocol.operation_timeout_sec = max(1, min(usual, int(longest) + 1))
        try:
            stdout, stderr, exit_code, done = protocol.get_command_output_raw(shell, command_id)
            return stdout, stderr, exit_code, done
        except WinRMOperationTimeoutError as exc:
            raise Silence from exc
        finally:
            protocol.operation_timeout_sec = usual

    def _send_end(self, shell: str, command_id: str) -> None:
        self._connection.protocol.cleanup_command(shell, command_id)

    def _count_requests(self) -> None:
        session = self._connection.protocol.transport.build_session()
        if session is not self._counted:
            self._counted = session
            session.hooks["response"].append(self._count)

    def _drop_session(self) -> None:
        self.log(4, f"{self.name}: new connection")
        if self._connection.protocol is not None:
            self._quietly(self._connection.protocol.transport.close_session)
            self._quietly(self._count_requests)

    def _drop_shell(self) -> None:
        self.log(4, f"{self.name}: new shell")
        self._drop_session()
        self.close()
        self._quietly(self._connection.close)
        self._abandon_shell()

    def _abandon_shell(self) -> None:
        connection = self._connection
        if connection.protocol is not None:
            self._quietly(connection.protocol.transport.close_session)
        connection.protocol = connection.shell_id = self._own_shell = None
        connection._connected = False
