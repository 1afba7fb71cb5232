# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP envelopes of WS-Management: reading requests, building answers."""

from __future__ import annotations

import re
import socket
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from .faults import WsmanFault, malformed_message

SHELL_URI = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CMD_URI = SHELL_URI + "/cmd"
TRANSFER_URI = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": TRANSFER_URI,
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "m": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError",
    "rsp": SHELL_URI,
}
DEFAULT_TIMEOUT = 60.0
DEFAULT_ENVELOPE_BYTES = 153_600

for _prefix, _uri in NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)


def qualified(name: str) -> str:
    """Turn "rsp:Shell" into ElementTree's "{uri}Shell"."""
    prefix, local = name.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def element(name: str, content: str | Sequence[ET.Element] = "", **attributes: str) -> ET.Element:
    """Make an element with text or children; attribute names are taken as they are."""
    made = ET.Element(qualified(name), attributes)
    if isinstance(content, str):
        made.text = content
    else:
        made.extend(content)
    return made


def seconds_of(duration: str | None, default: float) -> float:
    """Seconds of an XML duration such as "PT20S" or "P0DT1H2M3.5S"; the default for anything else."""
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", duration or "")
    if not match:
        return default
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1), strict=True))


@dataclass(frozen=True)
class Message:
    """A request.

    Attributes:
        action: full WS-Addressing action.
        message_id: the client's MessageID, to which the answer relates.
        timeout: seconds the client lets the operation take.
        max_bytes: largest answer envelope the client accepts.
        selectors: by name; "ShellId" names the shell.
        options: by name, for example "WINRS_CODEPAGE".
    """

    action: str
    message_id: str
    resource_uri: str | None
    timeout: float
    max_bytes: int
    selectors: dict[str, str]
    options: dict[str, str]
    body: ET.Element

    @property
    def verb(self) -> str:
        """The action's last part: Create, Command, Send, Receive, Signal or Delete."""
        return self.action.rsplit("/", 1)[-1]

    @property
    def shell_id(self) -> str | None:
        return self.selectors.get("ShellId")

    @property
    def command_id(self) -> str | None:
        """The command that the body is about, or None."""
        for part in self.body.iter():
            if "CommandId" in part.attrib:
                return part.attrib["CommandId"].upper()
        return None

    def need(self, name: str) -> ET.Element:
        """The first element of that name in the body.

        Raises:
            WsmanFault: there is none.
        """
        found = self.body.find(f".//{qualified(name)}")
        if found is None:
            raise malformed_message(f"The message has no {name.split(':')[1]}.")
        return found


def parse_message(data: bytes) -> Message:
    """Read a request envelope.

    Raises:
        ValueError: it is not XML, or not an envelope with action and message id.
    """
    try:
        envelope = ET.fromstring(data)
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    header, body = envelope.find(qualified("s:Header")), envelope.find(qualified("s:Body"))
    if header is None or body is None:
        raise ValueError("not a SOAP envelope")
    action, message_id = header.findtext(qualified("a:Action")), header.findtext(qualified("a:MessageID"))
    if not action or not message_id:
        raise ValueError("no Action or no MessageID")
    return Message(
        action=action.strip(),
        message_id=message_id.strip(),
        resource_uri=header.findtext(qualified("w:ResourceURI")),
        timeout=seconds_of(header.findtext(qualified("w:OperationTimeout")), DEFAULT_TIMEOUT),
        max_bytes=int(header.findtext(qualified("w:MaxEnvelopeSize")) or DEFAULT_ENVELOPE_BYTES),
        selectors=_named_texts(header, "w:Selector"),
        options=_named_texts(header, "w:Option"),
        body=body,
    )


def _named_texts(parent: ET.Element, name: str) -> dict[str, str]:
    return {part.attrib.get("Name", ""): part.text or "" for part in parent.iter(qualified(name))}


def build_answer(request: Message, content: Sequence[ET.Element]) -> bytes:
    """The envelope that answers a request."""
    return _build_envelope(f"{request.action}Response", request.message_id, content)


def build_fault(request: Message, fault: WsmanFault) -> bytes:
    """The envelope that answers a request with a fault."""
    language = {"{http://www.w3.org/XML/1998/namespace}lang": "en-US"}
    detail = [element("f:WSManFault", [element("f:Message", fault.reason)], Code=str(fault.code), Machine=socket.gethostname())]
    if fault.wmi_code is not None:
        detail.append(element("m:MSFT_WmiError", [element("m:error_Code", str(fault.wmi_code))]))
    subcode = element("s:Subcode", [element("s:Value", fault.subcode)])
    content = element(
        "s:Fault",
        [
            element("s:Code", [element("s:Value", "s:Receiver"), subcode]),
            element("s:Reason", [element("s:Text", fault.reason, **language)]),
            element("s:Detail", detail),
        ],
    )
    # The subcode is a qualified name in text: its prefix must be declared although no element uses it.
    content.set("xmlns:w", NAMESPACES["w"])
    return _build_envelope(FAULT_ACTION, request.message_id, [content])


def _build_envelope(action: str, relates_to: str, content: Sequence[ET.Element]) -> bytes:
    header = element(
        "s:Header",
        [
            element("a:Action", action),
            element("a:MessageID", f"uuid:{str(uuid.uuid4()).upper()}"),
            element("a:To", ANONYMOUS),
            element("a:RelatesTo", relates_to),
        ],
    )
    envelope = element("s:Envelope", [header, element("s:Body", content)])
    data: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return data
