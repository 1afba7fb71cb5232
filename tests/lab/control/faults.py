# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files by which programs, services, disks and the WinRM endpoint of a host are made to fail."""

from __future__ import annotations

import configparser
import io
import json
from pathlib import Path
from typing import Any

from .errors import LabError
from .names import VERSIONS
from .state import write_atomically

PRODUCT_PROGRAMS = frozenset(
    ["dbstat", "exportdb", "importdb", "installer", "licreg", "setup", "startservice", "stopservice", "uninstaller"]
)
WINDOWS_PROGRAMS = frozenset(
    ["certutil", "find", "findstr", "fsutil", "icacls", "netstat", "sc", "schtasks", "tasklist", "wevtutil", "whoami", "wmic"]
)
# The keys of each kind of section, with the allowed values where there are only a few.
_KEYS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "program": {
        "kind": ("fail", "hang", "slow", "nothing", "crash"),
        "when": ("before", "middle", "after"),
        "exit_code": None,
        "seconds": None,
        "count": None,
        "version": VERSIONS,
    },
    "service": {
        "start": ("fail", "hang", "slow"),
        "stop": ("hang", "slow"),
        "exit_code": None,
        "seconds": None,
        "count": None,
    },
    "disk": {"free": None, "total": None},
    "product": {"seconds": None, "allow_downgrade": None},
    "windows": {
        "certutil": None,
        "clock_offset": None,
        "elevated": None,
        "encoding": None,
        "enum_limit": None,
        "fsutil": None,
        "labels": None,
        "wmic": None,
    },
}


def check(section: str, keys: dict[str, str]) -> None:
    """Refuse what no program of the lab would read, so that a misspelt fault can not make a test green.

    :raises LabError: unknown section, key or value.
    """
    kind, colon, name = section.partition(":")
    if kind not in _KEYS or bool(colon) != (kind in ("program", "service", "disk")):
        raise LabError(f"Unknown fault '{section}'; use program:NAME, service:NAME, disk:LETTER, product or windows.")
    known = PRODUCT_PROGRAMS | WINDOWS_PROGRAMS
    if kind == "program" and name not in known:
        raise LabError(f"No program '{name}' knows faults; known are {', '.join(sorted(known))}.")
    for key, value in keys.items():
        if key not in _KEYS[kind]:
            raise LabError(f"Fault '{section}' has no key '{key}'; it has {', '.join(_KEYS[kind])}.")
        allowed = _KEYS[kind][key]
        if allowed and value not in allowed:
            raise LabError(f"Fault '{section}': {key} is '{value}'; allowed are {', '.join(allowed)}.")


def settings_of(kind: str) -> set[str]:
    """The keys of a kind of section."""
    return set(_KEYS[kind])


def with_section(text: str, section: str, keys: dict[str, str]) -> str:
    """The ini text with one section replaced; without keys the section is removed."""
    parser = _parse(text)
    parser.remove_section(section)
    if keys:
        parser[section] = keys
    out = io.StringIO()
    parser.write(out, space_around_delimiters=False)
    return out.getvalue().replace("\n", "\r\n")


def sections(text: str) -> dict[str, dict[str, str]]:
    """The ini text as plain data."""
    parser = _parse(text)
    return {section: dict(parser[section]) for section in parser.sections()}


def _parse(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def read(path: Path) -> str:
    """A host's C(faults.ini); empty when there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""


def set_fault(path: Path, section: str, keys: dict[str, Any]) -> None:
    """Set one section of a host's C(faults.ini)."""
    words = {key: str(value) for key, value in keys.items()}
    check(section, words)
    write_atomically(path, with_section(read(path), section, words))


def add_wire_fault(path: Path, fault: dict[str, Any]) -> None:
    """Add a fault to a host's C(wire-faults.json)."""
    known: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    write_atomically(path, json.dumps([*known, fault], indent=1) + "\n")


def set_endpoint(path: Path, settings: dict[str, Any]) -> None:
    """Merge settings into a host's C(endpoint.json)."""
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_atomically(path, json.dumps({**known, **settings}, indent=1) + "\n")
