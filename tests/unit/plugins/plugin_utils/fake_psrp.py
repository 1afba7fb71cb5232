# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A psrp connection without a network: pypsrp's messages, answered by the server of L(fake_winrm) with pypsrp's exceptions."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from typing import Any

import pypsrp.exceptions
import pytest
import winrm.exceptions
from ansible_collections.jp1.itdm.plugins.plugin_utils import _psrp
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import FakeProtocol, FakeServer
from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan

RSP, WST, WSA, WSMAN = (NAMESPACES[name] for name in ("rsp", "wst", "wsa", "wsman"))


class FakePsrpServer(FakeServer):
    """The same far side, reached by pypsrp.

    :ivar timeouts: seconds that Receive operations asked for; None stands for the usual ones.
    :ivar settings: what the client was made with.
    """

    def __init__(self, answer: Any = None) -> None:
        super().__init__(answer)
        self.timeouts: list[int | None] = []
        self.settings: dict[str, Any] = {}

    def connection(self) -> Any:
        return FakePsrpConnection(self)


class FakePsrpConnection:
    """What the code above the wire uses of Ansible's psrp connection; whatever would start PowerShell is missing."""

    transport = "psrp"

    def __init__(self, server: FakePsrpServer) -> None:
        self.server = server

    def get_option(self, name: str) -> str:
        return {"remote_addr": "192.0.2.1"}[name]

    def _build_kwargs(self) -> None:
        self._psrp_conn_kwargs = {"server": "192.0.2.1", "reconnection_retries": 5, "auth": "ntlm", "operation_timeout": 20}

    def close(self) -> None:
        """Nothing was opened by it."""


def answer_by(server: FakePsrpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pypsrp's messages reach that server."""

    class FakeWsman(WSMan):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            server.settings = settings
            self.protocol = FakeProtocol(server)
            self.transport = self.protocol.transport  # type: ignore[assignment]
            self.protocol.transport.endpoint = "https://192.0.2.1"  # type: ignore[attr-defined]
            self.protocol.transport._build_session = self.protocol.transport.build_session  # type: ignore[attr-defined]

        def close(self) -> None:
            self.protocol.transport.close_session()

        def invoke(
            self,
            action: str,
            resource_uri: str,
            resource: ET.Element | None,
            option_set: OptionSet | None = None,
            selector_set: SelectorSet | None = None,
            timeout: int | None = None,
            *,
            retries_on_read_timeout: int = 0,
        ) -> ET.Element:
            assert retries_on_read_timeout == 0
            options = {name: value for name, value, _attributes in option_set.values} if option_set else {}
            shell = selector_set.values[0][1] if selector_set else ""
            try:
                return _envelope(self._answer(action.rpartition("/")[2], shell, resource, options, timeout))
            except winrm.exceptions.WinRMOperationTimeoutError as exc:
                raise _fault(2150858793) from exc
            except winrm.exceptions.WSManFaultError as exc:
                raise _fault(exc.wmierror_code or exc.wsman_fault_code) from exc
            except winrm.exceptions.WinRMTransportError as exc:
                if exc.code == 401:
                    raise pypsrp.exceptions.AuthenticationError("Failed to authenticate the user x with ntlm") from exc
                raise pypsrp.exceptions.WinRMTransportError("http", exc.code, "") from exc

        def _answer(
            self, action: str, shell: str, body: ET.Element | None, options: dict[str, str], timeout: int | None
        ) -> list[ET.Element]:
            if action == "Delete":
                self.protocol.close_shell(shell)
                return []
            assert body is not None
            if action == "Create":
                variables = {variable.attrib["Name"]: variable.text or "" for variable in body.iter(f"{{{RSP}}}Variable")}
                return _created(self.protocol.open_shell(int(options["WINRS_CODEPAGE"]), variables))
            if action == "Command":
                falses = [options[f"WINRS_{name}"] == "FALSE" for name in ("CONSOLEMODE_STDIN", "SKIP_CMD_SHELL")]
                line = body.findtext(f"{{{RSP}}}Command") or ""
                started = self.protocol.run_command(shell, line, console_mode_stdin=not falses[0], skip_cmd_shell=not falses[1])
                return [_element("CommandResponse", _element("CommandId", text=started))]
            command_id = body.attrib.get("CommandId") or next(part.attrib["CommandId"] for part in body if "CommandId" in part.attrib)
            if action == "Send":
                data = base64.b64decode(body[0].text or "")
                self.protocol.send_command_input(shell, command_id, data, end=body[0].attrib["End"] == "True")
                return []
            if action == "Signal":
                self.protocol.cleanup_command(shell, command_id)
                return []
            assert action == "Receive"
            server.timeouts.append(timeout)
            return _output(*self.protocol.get_command_output_raw(shell, command_id))

    monkeypatch.setattr(_psrp, "WSMan", FakeWsman)


def _created(shell: str) -> list[ET.Element]:
    created = ET.Element(f"{{{WST}}}ResourceCreated")
    parameters = ET.SubElement(created, f"{{{WSA}}}ReferenceParameters")
    selectors = ET.SubElement(parameters, f"{{{WSMAN}}}SelectorSet")
    ET.SubElement(selectors, f"{{{WSMAN}}}Selector", Name="ShellId").text = shell
    return [created, _element("Shell", _element("ShellId", text=shell))]


def _output(stdout: bytes, stderr: bytes, exit_code: int, done: bool) -> list[ET.Element]:
    parts = []
    for name, data in (("stdout", stdout), ("stderr", stderr)):
        parts.append(_element("Stream", text=base64.b64encode(data).decode(), Name=name))
    # as a number without a sign, which is one of the two forms that are seen
    code = [_element("ExitCode", text=str(exit_code & 0xFFFFFFFF))] if done else []
    state = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/" + ("Done" if done else "Running")
    return [_element("ReceiveResponse", *parts, _element("CommandState", *code, State=state))]


def _element(name: str, *children: ET.Element, text: str | None = None, **attributes: str) -> ET.Element:
    made = ET.Element(f"{{{RSP}}}{name}", attributes)
    made.extend(children)
    made.text = text
    return made


def _envelope(body: list[ET.Element]) -> ET.Element:
    envelope = ET.Element(f"{{{NAMESPACES['s']}}}Envelope")
    ET.SubElement(envelope, f"{{{NAMESPACES['s']}}}Body").extend(body)
    return envelope


def _fault(code: Any) -> Exception:
    return pypsrp.exceptions.WSManFaultError(int(code or 0), None, "a fault", None, None, None)
