# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands through C(ansible.builtin.psrp): the only file that touches that plugin's inner parts.

The plugin itself speaks to a PowerShell on the server. Here only its settings are used: a WinRS shell is opened with
them, as over WinRM, and no PowerShell.

Note that this module is private to the collection.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.jp1.itdm.plugins.plugin_utils._winrs import UTF8_CODE_PAGE, Silence, WinrsRunner

try:
    from pypsrp.exceptions import WSManFaultError
    from pypsrp.shell import CommandState, SignalCode, WinRS
    from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan, WSManAction
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

_CMD = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
_OPERATION_TIMED_OUT = 2150858793


class PsrpRunner(WinrsRunner):
    """Runs commands in a shell of its own, which ends with L(close)."""

    def __init__(self, connection: Any, environment: Mapping[str, str], code_page_fallback: str) -> None:
        super().__init__(connection, code_page_fallback)
        self._environment = {str(key): str(value) for key, value in environment.items()}
        self._shell: WinRS | None = None

    def close(self) -> None:
        if self._shell is not None:
            self._quietly(self._shell.close)
        self._abandon_shell()

    def _connect(self) -> str:
        if self._shell is None:
            shell = WinRS(self._wsman(), codepage=UTF8_CODE_PAGE, environment=self._environment or None)
            shell.open()
            self._shell = shell
            self._count_requests()
        return str(self._shell.id)

    def _wsman(self) -> WSMan:
        if IMPORT_ERROR is not None:
            raise ConnectionLostError(
                f"The Python library pypsrp, which the connection psrp to {self.name} needs, is missing on this machine: {IMPORT_ERROR}.",
                code="missing_library",
                remedy="Install pypsrp, with its extra for Kerberos or CredSSP where that is used, or set ansible_connection to winrm.",
                evidence={"host": self.name, "package": "pypsrp"},
            )
        self._connection._build_kwargs()
        # Whether a message may be sent again is decided in one place, and not below it.
        return WSMan(**{**self._connection._psrp_conn_kwargs, "reconnection_retries": 0})

    def _send_command(self, shell: str, line: str) -> str:
        message = ET.Element(_name("CommandLine"))
        ET.SubElement(message, _name("Command")).text = str(line)
        options = {"WINRS_CONSOLEMODE_STDIN": "FALSE", "WINRS_SKIP_CMD_SHELL": "FALSE"}
        answer = self._exchange(WSManAction.COMMAND, message, options).find(".//rsp:CommandId", NAMESPACES)
        if answer is None or not answer.text:
            raise RuntimeError("the answer to the start of a command has no id")
        return answer.text

    def _send_input(self, shell: str, command_id: str, data: bytes, *, end: bool) -> None:
        self._opened.send("stdin", data, command_id, end)

    def _ask_for_output(self, shell: str, command_id: str, longest: float) -> tuple[bytes, bytes, int, bool]:
        message = ET.Element(_name("Receive"))
        ET.SubElement(message, _name("DesiredStream"), {"CommandId": command_id}).text = "stdout stderr"
        seconds = int(longest) + 1
        try:
            # pypsrp's own function sends the message again after a time-out, and does not tell that output may be lost.
            answer = self._exchange(WSManAction.RECEIVE, message, {"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "TRUE"}, longest=seconds)
        except WSManFaultError as exc:
            if exc.code == _OPERATION_TIMED_OUT:
                raise Silence from exc
            raise
        streams = {"stdout": b"", "stderr": b""}
        for stream in answer.iterfind(".//rsp:Stream", NAMESPACES):
            streams[stream.attrib["Name"]] += base64.b64decode(stream.text or "")
        state = answer.find(".//rsp:CommandState", NAMESPACES)
        done = state is not None and state.attrib["State"] == CommandState.DONE
        exit_code = answer.findtext(".//rsp:ExitCode", "-1", NAMESPACES)
        return streams["stdout"], streams["stderr"], _signed(int(exit_code or "0")), done

    def _send_end(self, shell: str, command_id: str) -> None:
        self._opened.signal(SignalCode.TERMINATE, command_id)

    @property
    def _opened(self) -> WinRS:
        if self._shell is None:
            raise RuntimeError("no shell was opened")
        return self._shell

    def _exchange(self, action: str, message: ET.Element, options: Mapping[str, str], longest: int | None = None) -> ET.Element:
        wsman, selectors, option_set = self._opened.wsman, SelectorSet(), OptionSet()
        selectors.add_option("ShellId", str(self._opened.id))
        for name, value in options.items():
            option_set.add_option(name, value)
        timeout = longest if longest is not None and longest < wsman.operation_timeout else None
        answer: ET.Element = wsman.invoke(action, _CMD, message, option_set, selectors, timeout)
        return answer

    def _count_requests(self) -> None:
        if self._shell is not None:
            transport = self._shell.wsman.transport
            transport.session = transport.session or transport._build_session()
            transport.session.hooks["response"].append(self._count)

    def _drop_session(self) -> None:
        self.log(4, f"{self.name}: new connection")
        if self._shell is not None:
            self._forget_session(self._shell.wsman)
            self._quietly(self._count_requests)

    def _drop_shell(self) -> None:
        self.log(4, f"{self.name}: new shell")
        self._drop_session()
        self.close()

    def _abandon_shell(self) -> None:
        shell, self._shell = self._shell, None
        if shell is not None:
            self._forget_session(shell.wsman)

    def _forget_session(self, wsman: WSMan) -> None:
        self._quietly(wsman.close)
        wsman.transport.session = wsman.transport.encryption = None


def _name(element: str) -> str:
    return f"{{{NAMESPACES['rsp']}}}{element}"


def _signed(number: int) -> int:
    """Return a 32-bit number with its sign; the servers send either form."""
    return (number & 0xFFFFFFFF) - (1 << 32) if number & 0x80000000 else number
