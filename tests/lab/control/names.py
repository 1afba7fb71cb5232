# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the things of a lab are called. Two checkouts never share a name."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

LABEL = "jp1.itdm.lab"
CHECKOUT_LABEL = "jp1.itdm.checkout"
ROLES = ("management", "database")
VERSIONS = ("09-51", "10-00", "10-10")
LOCALES = {"en": "en_US.UTF-8", "ja": "ja_JP.UTF-8"}
# Names by which the product's programs know the servers of their own system.
PEER_NAMES = {"management": "itdmmgr", "database": "itdmdb"}
_HOST_PREFIX = {"management": "JP1MGR", "database": "JP1DB"}
_FIRST_ADDRESS = 10


@dataclass(frozen=True)
class LabHost:
    """One Windows-like host.

    C(port) and C(ssh_port) are where its WinRM endpoint and its ssh server are published on the machine's 127.0.0.1;
    C(address) is its own on the lab's network.
    """

    name: str
    role: str
    system: int
    container: str
    address: str
    port: int
    ssh_port: int

    @property
    def hardware_address(self) -> str:
        """A MAC address that stays when the container is replaced: neighbours remember which one an IP address had."""
        return "02:1a:" + ":".join(f"{byte:02x}" for byte in ipaddress.ip_address(self.address).packed)


def lab_id(checkout: Path) -> str:
    """Eight hexadecimal digits that stand for the checkout's real path."""
    return hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:8]


def network_name(identity: str) -> str:
    """The private network's name."""
    return f"jp1lab-{identity}"


def make_hosts(identity: str, systems: int, subnet: str, ports: list[int]) -> list[LabHost]:
    """The hosts of C(systems) systems; C(ports) has four ports for each system, the management server's two first."""
    network = ipaddress.ip_network(subnet)
    hosts = []
    for index in range(2 * systems):
        system, role = index // 2 + 1, ROLES[index % 2]
        name = f"{_HOST_PREFIX[role]}{system:02d}"
        container = f"jp1lab-{identity}-{name[3:].lower()}"
        hosts.append(LabHost(name, role, system, container, str(network[_FIRST_ADDRESS + index]), *ports[2 * index : 2 * index + 2]))
    return hosts
