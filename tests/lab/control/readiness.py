# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host is usable: WinRM answers an authenticated command, and the product's services listen."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import requests
import winrm
from winrm.exceptions import WinRMError, WinRMTransportError

from .credentials import USER
from .errors import LabError
from .names import LabHost

PRODUCT_PORTS = {"management": {31000, 31080}, "database": {31006}}
_LISTEN = "0A"
_PAUSE = 0.1


def listening_ports(tables: str) -> set[int]:
    """The ports in state LISTEN in the text of C(/proc/net/tcp) and C(tcp6)."""
    ports = set()
    for line in tables.splitlines():
        columns = line.split()
        if len(columns) > 3 and columns[3] == _LISTEN:
            ports.add(int(columns[1].rpartition(":")[2], 16))
    return ports


def wait_for_winrm(host: LabHost, password: str, authority: Path, deadline: float) -> None:
    """Wait until a command run over WinRM gives the host's name.

    :param deadline: of time.monotonic().
    :raises LabError: it did not in time; the message has the last failure.
    """
    endpoint = f"https://127.0.0.1:{host.port}/wsman"
    while True:
        try:
            session = winrm.Session(
                endpoint,
                (USER, password),
                transport="ntlm",
                ca_trust_path=str(authority),
                operation_timeout_sec=4,
                read_timeout_sec=6,
            )
            answer = session.run_cmd("hostname")
            if answer.status_code == 0 and host.name.encode() in answer.std_out.upper():
                return
            failure = f"'hostname' ended with {answer.status_code}: {answer.std_out!r} {answer.std_err!r}"
        except (requests.RequestException, WinRMError, WinRMTransportError) as error:
            failure = str(error)
        if time.monotonic() > deadline:
            raise LabError(f"WinRM of {host.name} on port {host.port} does not answer: {failure}")
        time.sleep(_PAUSE)


def wait_for_ports(host: LabHost, ports: set[int], read_tables: Callable[[], str], deadline: float) -> None:
    """Wait until something listens on each of the ports.

    :raises LabError: not in time.
    """
    while missing := ports - listening_ports(read_tables()):
        if time.monotonic() > deadline:
            words = ", ".join(str(port) for port in sorted(missing))
            raise LabError(f"{host.name}: nothing listens on TCP {words}; see 'python tests/lab look {host.name}'.")
        time.sleep(_PAUSE)
