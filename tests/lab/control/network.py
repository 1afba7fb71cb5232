# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subnet and ports that nobody else on the machine uses."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

from .errors import LabError

_PORTS = range(21000, 30000)  # below Linux's ephemeral ports, so that no outgoing connection takes one between two resets


def routed_subnets(route_table: str) -> list[str]:
    """The subnets of a Linux C(/proc/net/route) text, without the default route."""
    subnets = []
    for line in route_table.splitlines()[1:]:
        columns = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(columns[index]), "little") for index in (1, 7))
        if mask:
            subnets.append(f"{ipaddress.ip_address(address)}/{mask.bit_count()}")
    return subnets


def free_subnets(identity: str, taken: list[str]) -> Iterator[str]:
    """Candidates for the lab's subnet that overlap none of C(taken); where they begin depends on the lab's id."""
    used = [ipaddress.ip_network(subnet, strict=False) for subnet in taken]
    used = [network for network in used if network.version == 4]
    first = int(identity, 16)
    for step in range(2048):
        index = (first + step) % 2048
        candidate = ipaddress.ip_network(f"10.{224 + index // 256}.{index % 256}.0/24")
        if not any(candidate.overlaps(network) for network in used):
            yield str(candidate)


def machine_subnets() -> list[str]:
    """The subnets that this machine routes; empty where there is no Linux route table."""
    try:
        return routed_subnets(Path("/proc/net/route").read_text(encoding="ascii"))
    except OSError:
        return []


def free_ports(identity: str, count: int) -> list[int]:
    """Ports of 127.0.0.1 that can be bound now, beginning at a place that depends on the lab's id.

    :raises LabError: there are not enough.
    """
    found: list[int] = []
    first = int(identity, 16)
    for step in range(len(_PORTS)):
        port = _PORTS[(first + step) % len(_PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise LabError(f"Fewer than {count} free TCP ports between {_PORTS.start} and {_PORTS.stop} on 127.0.0.1.")
