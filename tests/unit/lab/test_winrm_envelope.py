# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP envelopes of the lab's WinRM endpoint."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.lab.winrm.envelope import build_answer, build_fault, element, parse_message, qualified, seconds_of
from tests.lab.winrm.faults import WsmanFault, too_many_operations
from tests.unit.lab.winrm_doubles import request


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT20S", 20),
        ("PT1M30S", 90),
        ("P1DT2H", 93600),
        ("PT0.5S", 0.5),
        ("P0DT1H2M3.5S", 3723.5),
        (None, 7),
        ("20", 7),
    ],
)
def test_durations(duration: str | None, seconds: float) -> None:
    assert seconds_of(duration, 7) == seconds


def test_a_request_is_read() -> None:
    code = element("rsp:Signal", [element("rsp:Code", "ctrl_c")], CommandId="ab-1")
    message = request("Signal", [code], timeout="PT5S", ShellId="S1", WINRS_CODEPAGE="932")
    assert (message.verb, message.shell_id, message.command_id) == ("Signal", "S1", "AB-1")
    assert (message.timeout, message.max_bytes, message.options) == (5, 153600, {"WINRS_CODEPAGE": "932"})


@pytest.mark.parametrize("data", [b"", b"hello", b"<a/>", b"\xff\xfe\x00"])
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not XML|not a SOAP"):
        parse_message(data)


def test_a_missing_part_is_a_fault() -> None:
    with pytest.raises(WsmanFault, match="CommandLine"):
        request("Command").need("rsp:CommandLine")


def test_an_answer_relates_to_its_request() -> None:
    message = request("Send")
    answer = ET.fromstring(build_answer(message, [element("rsp:SendResponse")]))
    assert answer.findtext(f".//{qualified('a:RelatesTo')}") == message.message_id
    assert answer.findtext(f".//{qualified('a:Action')}") == f"{message.action}Response"
    assert answer.find(f".//{qualified('rsp:SendResponse')}") is not None


def test_a_fault_carries_its_codes() -> None:
    message = request("Command")
    data = build_fault(message, too_many_operations(25))
    assert b"xmlns:w=" in data  # the prefix of the subcode
    answer = ET.fromstring(data)
    fault = answer.find(f".//{qualified('f:WSManFault')}")
    assert fault is not None
    assert fault.get("Code") == "2150859174"
    assert answer.findtext(f".//{qualified('m:error_Code')}") == str(0x803381A6)
    assert answer.findtext(f".//{qualified('a:RelatesTo')}") == message.message_id
