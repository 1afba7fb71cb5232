# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's WinRM endpoint over HTTPS, with the real clients pywinrm and pypsrp and processes that are Python functions."""

from __future__ import annotations

import datetime
import email.utils
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from tests.lab.winrm.accounts import Accounts
from tests.lab.winrm.exchange import Exchange
from tests.lab.winrm.server import Server
from tests.lab.winrm.settings import parse_settings
from tests.lab.winrm.shells import Shells
from tests.lab.winrm.watched_file import WatchedFile
from tests.lab.winrm.wire_faults import WireFaultParser
from tests.lab.winrm.wire_log import WireLog
from tests.unit.lab.winrm_doubles import FakeLauncher, FakeProcess, echo, hang

PASSWORD = "correct horse"


def make_certificate(folder: Path) -> None:
    """tls.crt and tls.key for 127.0.0.1; the certificate is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Endpoint:
    """A running server and ways to reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launcher = FakeLauncher(echo=echo, hang=hang, cat=_cat, big=_big, tick=_tick)
        exchange = Exchange(
            Shells(self.launcher),
            WatchedFile(folder / "endpoint.json", parse_settings, {}),
            WatchedFile(folder / "wire-faults.json", WireFaultParser(), []),
            WireLog(folder / "wire.log"),
        )
        accounts = Accounts(folder / "users")
        self.server = Server(("127.0.0.1", 0), exchange, accounts, folder / "tls.crt", folder / "tls.key")
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}/wsman"

    def pywinrm(self, **options: Any) -> Protocol:
        given = {"transport": "ntlm", "username": "labadmin", "password": PASSWORD}
        trust = str(self.folder / "tls.crt")
        return Protocol(self.url, ca_trust_path=trust, server_cert_validation="validate", **{**given, **options})

    def pypsrp(self, **options: Any) -> WSMan:
        given: dict[str, Any] = {
            "auth": "ntlm",
            "username": "labadmin",
            "password": PASSWORD,
            "cert_validation": str(self.folder / "tls.crt"),
        }
        return WSMan("127.0.0.1", port=self.port, ssl=True, **{**given, **options})

    def order(self, *faults: dict[str, Any]) -> None:
        (self.folder / "wire-faults.json").write_text(json.dumps(faults))

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "wire.log").read_text(encoding="utf-8").splitlines()]


def _cat(process: FakeProcess) -> int:
    process.write(process.read_all())
    return 3010


def _big(process: FakeProcess) -> int:
    process.write(b"0123456789abcdef" * 131_072)
    return 0


def _tick(process: FakeProcess) -> int:
    for number in range(10):
        process.write(b"%d " % number)
        time.sleep(0.1)
    return 5


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    make_certificate(tmp_path)
    (tmp_path / "users").write_text(f"JP1MGR01:labadmin:{PASSWORD}\n")
    running = Endpoint(tmp_path)
    thread = threading.Thread(target=running.server.serve_forever, args=[0.05])
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


def run(client: Protocol, shell: str, line: str, stdin: bytes | None = None) -> tuple[bytes, bytes, int]:
    command = client.run_command(shell, line, console_mode_stdin=stdin is None)
    if stdin is not None:
        client.send_command_input(shell, command, stdin, end=True)
    result = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    return result


@pytest.mark.parametrize("options", [{}, {"message_encryption": "always"}, {"send_cbt": False}])
def test_pywinrm(endpoint: Endpoint, options: dict[str, Any]) -> None:
    client = endpoint.pywinrm(**options)
    shell = client.open_shell(codepage=65001)
    assert run(client, shell, "echo x") == (b"x\r\n", b"", 0)
    assert run(client, shell, "cat", "日本".encode()) == ("日本".encode(), b"", 3010)
    assert len(run(client, shell, "big")[0]) == 2 * 1024 * 1024
    client.close_shell(shell)
    assert endpoint.launcher.jobs == set()


@pytest.mark.parametrize("options", [{}, {"encryption": "always"}, {"auth": "negotiate"}])
def test_pypsrp(endpoint: Endpoint, options: dict[str, Any]) -> None:
    with endpoint.pypsrp(**options) as client, WinRS(client, codepage=65001) as shell:
        process = Process(shell, "cat", ["a"])
        process.begin_invoke()
        process.send(b"abc", end=True)
        process.end_invoke()
        assert (process.rc, process.stdout) == (3010, b"abc")


@pytest.mark.parametrize("options", [{"password": "wrong"}, {"username": "nobody"}, {"transport": "basic"}])
def test_wrong_credentials_and_basic_are_refused(endpoint: Endpoint, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidCredentialsError):
        endpoint.pywinrm(**options).open_shell()
    assert {entry["status"] for entry in endpoint.log()} == {401}


@pytest.mark.parametrize("authorization", ["Basic bGFiYWRtaW46eA==", "Negotiate", "Negotiate !!", "NTLM TlRMTVNTUAAD", "x"])
def test_odd_log_ons_are_refused(endpoint: Endpoint, authorization: str) -> None:
    answer = requests.post(endpoint.url, headers={"Authorization": authorization}, verify=str(endpoint.folder / "tls.crt"), timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Negotiate")


@pytest.mark.parametrize("username", ["labadmin", r".\LabAdmin", r"jp1mgr01\labadmin"])
def test_ways_to_name_an_account(endpoint: Endpoint, username: str) -> None:
    endpoint.pywinrm(username=username).open_shell()


def test_a_changed_password_counts_at_the_next_log_on(endpoint: Endpoint) -> None:
    (endpoint.folder / "users").write_text("JP1MGR01:labadmin:other\n")
    with pytest.raises(InvalidCredentialsError):
        endpoint.pywinrm().open_shell()
    endpoint.pywinrm(password="other").open_shell()


def test_a_silent_client_does_not_stop_others(endpoint: Endpoint) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port)):
        client = endpoint.pywinrm()
        assert run(client, client.open_shell(), "echo x") == (b"x\r\n", b"", 0)


def test_a_quiet_command_is_polled(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm(operation_timeout_sec=1, read_timeout_sec=3)
    shell = client.open_shell()
    command = client.run_command(shell, "hang")
    threading.Timer(1.5, endpoint.launcher.processes[0].killed.set).start()
    assert client.get_command_output(shell, command) == (b"", b"", 1)
    assert [entry["answer_fault"] for entry in endpoint.log() if entry["action"] == "Receive"] == [2150858793, None]


def test_a_command_is_found_again_after_a_lost_connection(endpoint: Endpoint) -> None:
    first = endpoint.pywinrm()
    shell = first.open_shell()
    command = first.run_command(shell, "tick")
    endpoint.order({"kind": "drop_before", "action": "Receive"})
    with pytest.raises(requests.exceptions.ConnectionError):
        first.get_command_output(shell, command)
    assert endpoint.pywinrm().get_command_output(shell, command) == (b"0 1 2 3 4 5 6 7 8 9 ", b"", 5)


def test_output_is_kept_for_a_client_that_stopped_waiting(endpoint: Endpoint) -> None:
    first = endpoint.pywinrm(operation_timeout_sec=1, read_timeout_sec=2)
    shell = first.open_shell()
    command = first.run_command(shell, "cat", console_mode_stdin=False)
    first.transport.read_timeout_sec = 0.3  # type: ignore[assignment]
    with pytest.raises(requests.exceptions.Timeout):
        first.get_command_output(shell, command)
    first.transport.close_session()
    second = endpoint.pywinrm()
    second.send_command_input(shell, command, b"abc", end=True)
    assert second.get_command_output(shell, command) == (b"abc", b"", 3010)


def test_drop_after_does_the_work_and_loses_the_answer(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    shell = client.open_shell()
    endpoint.order({"kind": "drop_after", "action": "Command", "id": "this"})
    with pytest.raises(requests.exceptions.ConnectionError):
        client.run_command(shell, "echo x")
    assert [spec.line for spec in endpoint.launcher.specs] == [r'C:\Windows\system32\cmd.exe /c "echo x"']
    assert endpoint.log()[-1] | {"time": "", "shell": "", "seconds": 0} == {
        "time": "",
        "peer": "127.0.0.1",
        "status": 0,
        "action": "Command",
        "shell": "",
        "command_id": None,
        "command": "echo x",
        "skip_shell": False,
        "wire_fault": "drop_after",
        "wire_fault_id": "this",
        "answer_fault": None,
        "seconds": 0,
    }


def test_http_and_wsman_faults(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    shell = client.open_shell()
    endpoint.order({"kind": "http", "count": 2}, {"kind": "wsman", "code": 995, "wmi_code": 7})
    for _ in range(2):
        with pytest.raises(WinRMTransportError) as http:
            client.run_command(shell, "echo x")
        assert http.value.code == 503
    with pytest.raises(WSManFaultError) as wsman:
        client.run_command(shell, "echo x")
    assert (wsman.value.wsman_fault_code, wsman.value.wmierror_code) == (995, 7)
    assert run(client, shell, "echo x") == (b"x\r\n", b"", 0)


def test_an_encrypted_session_survives_a_fault(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm(message_encryption="always")
    shell = client.open_shell()
    endpoint.order({"kind": "wsman", "code": 995})
    with pytest.raises(WSManFaultError):
        client.run_command(shell, "echo x")
    assert run(client, shell, "echo x") == (b"x\r\n", b"", 0)


def test_shell_gone(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    shell = client.open_shell()
    client.run_command(shell, "hang")
    endpoint.order({"kind": "shell_gone", "action": "Command"})
    with pytest.raises(WSManFaultError) as fault:
        client.run_command(shell, "echo x")
    assert fault.value.wsman_fault_code == 2150858843
    assert endpoint.launcher.processes[0].killed.is_set()


def test_401_in_the_middle(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    shell = client.open_shell()
    endpoint.order({"kind": "http", "status": 401})
    assert run(client, shell, "echo x") == (b"x\r\n", b"", 0)  # the client logs on again by itself
    endpoint.order({"kind": "auth"})
    with pytest.raises(InvalidCredentialsError):
        client.run_command(shell, "echo x")
    endpoint.order()
    assert run(client, shell, "echo x") == (b"x\r\n", b"", 0)


def test_delay_and_clock_offset(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    endpoint.order({"kind": "delay", "seconds": 0.5})
    (endpoint.folder / "endpoint.json").write_text('{"clock_offset": -3600}')
    began = time.monotonic()
    client.open_shell()
    assert time.monotonic() - began >= 0.5
    answer = requests.get(endpoint.url, verify=str(endpoint.folder / "tls.crt"), timeout=5)
    date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert date == pytest.approx(time.time() - 3600, abs=5)


def test_a_wrong_settings_file_is_told_to_the_client(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    (endpoint.folder / "endpoint.json").write_text('{"warp": 1}')
    with pytest.raises(WinRMTransportError) as error:
        client.open_shell()
    assert "endpoint.json: unknown setting warp" in error.value.response_text


def test_the_log_has_every_request_and_no_input(endpoint: Endpoint) -> None:
    client = endpoint.pywinrm()
    shell = client.open_shell(env_vars={"FOO": "bar"})
    run(client, shell, 'cat "日本"', b"secret")
    client.close_shell(shell)
    entries = endpoint.log()
    assert [(entry["action"], entry["status"]) for entry in entries] == [
        (None, 401),
        (None, 401),
        ("Create", 200),
        ("Command", 200),
        ("Send", 200),
        *[("Receive", 200)] * (len(entries) - 7),
        ("Signal", 200),
        ("Delete", 200),
    ]
    assert entries[2]["environment"] == {"FOO": "bar"}
    assert entries[3]["command"] == 'cat "日本"'
    assert entries[4]["stdin_bytes"] == 6
    assert "secret" not in (endpoint.folder / "wire.log").read_text(encoding="utf-8")
    assert "c2VjcmV0" not in (endpoint.folder / "wire.log").read_text(encoding="utf-8")
