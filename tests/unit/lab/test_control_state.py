# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab keeps in files: state, secrets, certificates, inventory, records."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
import yaml

from tests.lab.control import credentials, records
from tests.lab.control.authority import Authority
from tests.lab.control.errors import LabError
from tests.lab.control.inventory import CONNECTIONS, inventory_text
from tests.lab.control.names import make_hosts
from tests.lab.control.readiness import listening_ports
from tests.lab.control.ssh_keys import load_or_make_keys
from tests.lab.control.state import State, load, locked, save

STATE = State(
    "10-00", "ja", "jp1lab-0", "10.224.0.0/24", {"management": "m", "database": "d"},
    make_hosts("0", 2, "10.224.0.0/24", list(range(21000, 21008))),
)  # fmt: skip
SECRETS = credentials.Credentials("winrm", "database", "LABKEY-AAAAAAAA-35")


def test_state_survives_a_round_trip(tmp_path: Path) -> None:
    save(tmp_path / "state.json", STATE)
    assert load(tmp_path / "state.json") == STATE


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": "10-00"}'])
def test_half_written_state_counts_as_no_lab(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert load(tmp_path / "state.json") is None


def test_hosts_and_systems_are_found_by_name_and_number() -> None:
    assert STATE.host("jp1db02").port == 21006
    assert [host.name for host in STATE.system(2)] == ["JP1MGR02", "JP1DB02"]
    with pytest.raises(LabError, match="JP1MGR01, JP1DB01"):
        STATE.host("nobody")
    with pytest.raises(LabError, match="no system 3"):
        STATE.system(3)


def test_a_lock_keeps_a_second_command_waiting(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "lock"):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yml"
    made = credentials.load_or_make(file)
    assert credentials.load_or_make(file) == made != credentials.make()
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.database_password not in repr(made)


def test_a_license_keys_check_digits() -> None:
    assert credentials.license_key("A" * 8) == f"LABKEY-AAAAAAAA-{8 * 65 % 97:02d}"


@pytest.mark.parametrize("kind", ["valid", "expired", "other-authority", "wrong-name"])
def test_certificates_load_with_their_key(tmp_path: Path, kind: str) -> None:
    certificate, key = Authority.load_or_make(tmp_path / "ca.crt", tmp_path / "ca.key").issue("JP1MGR01", kind)
    (tmp_path / "tls.crt").write_text(certificate)
    (tmp_path / "tls.key").write_text(key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


def test_an_unknown_kind_of_certificate_is_refused() -> None:
    with pytest.raises(LabError, match="expired"):
        Authority.make().issue("JP1MGR01", "old")


def test_the_inventory_names_each_managers_database_server(tmp_path: Path) -> None:
    data = yaml.safe_load(inventory_text(STATE, SECRETS, tmp_path, tmp_path / "profile.yml"))["all"]
    managers = data["children"]["jp1_itdm_management_servers"]["hosts"]
    assert {name: host["upgrade_database_server"] for name, host in managers.items()} == {
        "JP1MGR01": "JP1DB01",
        "JP1MGR02": "JP1DB02",
    }
    assert list(data["children"]["jp1_itdm_database_servers"]["hosts"]) == ["JP1DB01", "JP1DB02"]
    assert data["vars"]["upgrade_old_media_folder"] == "D:\\JP1\\media\\10-00"
    assert data["vars"]["ansible_winrm_server_cert_validation"] == "validate"


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_each_inventory_checks_who_answers(tmp_path: Path, connection: str) -> None:
    data = yaml.safe_load(inventory_text(STATE, SECRETS, tmp_path, tmp_path / "profile.yml", connection))["all"]
    assert data["vars"]["ansible_connection"] == connection
    known = tmp_path / ("known_hosts" if connection == "ssh" else "ca.crt")
    assert [value for value in data["vars"].values() if str(known) in str(value)]
    port = data["children"]["jp1_itdm_database_servers"]["hosts"]["JP1DB01"]["ansible_port"]
    assert port == (STATE.host("JP1DB01").ssh_port if connection == "ssh" else STATE.host("JP1DB01").port)


def test_ssh_keys_stay_and_are_only_for_their_owner(tmp_path: Path) -> None:
    assert load_or_make_keys(tmp_path) == load_or_make_keys(tmp_path)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("ssh_host_key", "ssh_client_key")} == {0o600}
    assert (tmp_path / "known_hosts").read_text().startswith("[127.0.0.1]:* ssh-ed25519 ")


def test_accepted_records_are_read() -> None:
    lines = ["2026-11-23T13:00:00.000Z A-1", "2026-11-23T13:00:00.500Z A-2"]
    assert [identity for _, identity in records.parse_accepted(lines)] == ["A-1", "A-2"]


def test_lost_and_doubled_records_are_named() -> None:
    accepted = [("t1", "A-1"), ("t2", "A-2")]
    result = records.compare(accepted, [{"id": "R-1"}, {"id": "A-1"}, {"id": "R-1"}])
    assert result["lost"] == ["A-2"]
    assert result["twice"] == ["R-1"]


def test_only_listening_ports_count() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 00000000:7918 00000000:0000 0A 00000000:00000000\n"
        "   1: 0100007F:1770 0100007F:D431 01 00000000:00000000\n"
    )
    assert listening_ports(table) == {31000}
