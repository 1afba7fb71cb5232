# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault files: what may be written into them, and how."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lab.control import faults
from tests.lab.control.errors import LabError

LAB = Path(__file__).resolve().parents[2] / "lab"


def _sources(folder: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((LAB / folder).glob("*.c")))


def test_set_change_and_remove_a_section(tmp_path: Path) -> None:
    file = tmp_path / "faults.ini"
    faults.set_fault(file, "program:installer", {"kind": "fail", "exit_code": 3})
    faults.set_fault(file, "disk:C", {"free": 10})
    faults.set_fault(file, "program:installer", {"kind": "hang"})
    assert faults.sections(faults.read(file)) == {"disk:C": {"free": "10"}, "program:installer": {"kind": "hang"}}
    faults.set_fault(file, "program:installer", {})
    assert faults.sections(faults.read(file)) == {"disk:C": {"free": "10"}}


def test_the_file_is_as_windows_reads_it() -> None:
    assert faults.with_section("", "disk:C", {"free": "1", "total": "2"}) == "[disk:C]\r\nfree=1\r\ntotal=2\r\n\r\n"


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("programm:installer", {}),
        ("program:instaler", {"kind": "fail"}),
        ("installer", {"kind": "fail"}),
        ("product:x", {"seconds": "1"}),
        ("program:installer", {"kid": "fail"}),
        ("program:installer", {"kind": "explode"}),
        ("program:installer", {"kind": "fail", "version": "10-01"}),
        ("windows", {"elevatd": "0"}),
    ],
)
def test_a_misspelt_fault_is_refused(section: str, keys: dict[str, str]) -> None:
    with pytest.raises(LabError, match=re.escape(section.partition(":")[2] or section)):
        faults.check(section, keys)


def test_the_programs_with_faults_are_those_whose_source_asks_for_one() -> None:
    asked = re.compile(r'lab_fault_program\(L"(\w+)"')
    assert set(asked.findall(_sources("product"))) == faults.PRODUCT_PROGRAMS
    assert set(asked.findall(_sources("windows"))) == faults.WINDOWS_PROGRAMS


@pytest.mark.parametrize(("section", "folder"), [("windows", "windows"), ("product", "product")])
def test_the_settings_are_those_that_a_source_reads(section: str, folder: str) -> None:
    read = re.findall(rf'lab_setting\w*\(L"{section}", L"(\w+)"', _sources(folder))
    assert set(read) == faults.settings_of(section)


def test_wire_faults_add_up_and_endpoint_settings_merge(tmp_path: Path) -> None:
    wire, endpoint = tmp_path / "wire-faults.json", tmp_path / "endpoint.json"
    faults.add_wire_fault(wire, {"kind": "drop_before"})
    faults.add_wire_fault(wire, {"kind": "delay", "seconds": 1})
    faults.set_endpoint(endpoint, {"wrap": "bare"})
    faults.set_endpoint(endpoint, {"max_shells": 2})
    assert [fault["kind"] for fault in json.loads(wire.read_text())] == ["drop_before", "delay"]
    assert json.loads(endpoint.read_text()) == {"wrap": "bare", "max_shells": 2}
