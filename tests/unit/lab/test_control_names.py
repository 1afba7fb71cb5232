# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, addresses, subnets and ports of a lab."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.lab.control.hashing import digest
from tests.lab.control.names import lab_id, make_hosts
from tests.lab.control.network import free_ports, free_subnets, routed_subnets

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
podman0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def test_the_id_belongs_to_the_real_path(tmp_path: Path) -> None:
    real, other, link = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    real.mkdir()
    other.mkdir()
    link.symlink_to(real)
    assert lab_id(real) == lab_id(link) != lab_id(other)
    assert len(lab_id(real)) == 8


def test_hosts_of_two_systems() -> None:
    hosts = make_hosts("0123abcd", 2, "10.224.7.0/24", list(range(1, 9)))
    assert [(host.name, host.system, host.address, host.port, host.ssh_port) for host in hosts] == [
        ("JP1MGR01", 1, "10.224.7.10", 1, 2),
        ("JP1DB01", 1, "10.224.7.11", 3, 4),
        ("JP1MGR02", 2, "10.224.7.12", 5, 6),
        ("JP1DB02", 2, "10.224.7.13", 7, 8),
    ]
    assert hosts[3].container == "jp1lab-0123abcd-db02"
    assert hosts[0].hardware_address == "02:1a:0a:e0:07:0a"


def test_routed_subnets_are_read_from_the_kernels_table() -> None:
    assert routed_subnets(ROUTES) == ["10.88.0.0/16", "192.0.2.0/24"]


def test_a_taken_subnet_is_passed_over() -> None:
    assert next(free_subnets("00000000", [])) == "10.224.0.0/24"
    assert next(free_subnets("00000000", ["10.224.0.0/23", "fd00::/64"])) == "10.224.2.0/24"
    assert next(free_subnets("00000001", [])) == "10.224.1.0/24"


def test_a_taken_port_is_passed_over() -> None:
    first = free_ports("00000005", 1)[0]
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        ports = free_ports("00000005", 2)
    assert first not in ports and len(set(ports)) == 2


def test_an_images_name_changes_with_its_inputs_only(tmp_path: Path) -> None:
    source = tmp_path / "a.c"
    source.write_text("one")
    before = digest(tmp_path, "x")
    (tmp_path / "a.exe").write_text("built")
    (tmp_path / "README.md").write_text("read by people")
    assert digest(tmp_path, "x") == before
    source.write_text("two")
    assert digest(tmp_path, "x") != before
