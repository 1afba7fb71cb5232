# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first contact with what is no usable Windows server: local listeners, reached through Ansible's winrm connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner

from tests.integration.wire.lab_host import LabHost, connect
from tests.lab.control.authority import Authority

HTML = b"<html><body>It works!<br></body></html>"


def http(status: str, body: bytes = HTML) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


@pytest.fixture
def listen() -> Iterator[Callable[..., int]]:
    """Starts listeners that give each caller one answer (None: no answer at all), and returns their ports."""
    sockets: list[socket.socket] = []

    def serve(listener: socket.socket, answer: bytes | None, tls: ssl.SSLContext | None) -> None:
        kept = []  # a connection that is closed before all of its request was read is reset, and its answer is lost
        with contextlib.suppress(OSError):
            while True:
                caller, _address = listener.accept()
                with contextlib.suppress(OSError):
                    stream = tls.wrap_socket(caller, server_side=True) if tls else caller
                    kept.append(stream)
                    if answer is None:
                        continue
                    if not answer.startswith(b"SSH"):
                        stream.recv(65536)
                    stream.sendall(answer)
                    stream.shutdown(socket.SHUT_WR)

    def start(answer: bytes | None, tls: ssl.SSLContext | None = None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)
        threading.Thread(target=serve, args=(listener, answer, tls), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in sockets:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def first_contact(port: int, scheme: str = "http", **variables: object) -> ConnectionLostError:
    """Return the failure of the first question to a listener."""
    host = LabHost(
        {
            "inventory_hostname": "JP1DB01",
            "ansible_host": "127.0.0.1",
            "ansible_port": port,
            "ansible_user": "Administrator",
            "ansible_password": "canary-password",
            "ansible_winrm_scheme": scheme,
            "ansible_winrm_transport": ["ntlm"],
            "ansible_winrm_operation_timeout_sec": 1,
            "ansible_winrm_read_timeout_sec": 2,
            **variables,
        }
    )
    with pytest.raises(ConnectionLostError) as caught:
        host.ask(disk=_windows.disk("C:"))
    failure = caught.value
    assert "JP1DB01" in failure.message
    assert failure.remedy
    assert "canary" not in repr((failure.as_result(), host.lines))
    return failure


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http("404 Not Found"), "not_windows"),
        (http("405 Method Not Allowed"), "not_windows"),
        (http("200 OK"), "not_windows"),
        (http("200 OK", b""), "not_windows"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "not_windows"),
        (b"", "not_windows"),
        (http("401 Unauthorized"), "wrong_credentials"),
        (http("503 Service Unavailable"), "winrm_unavailable"),
        (None, "unreachable"),
    ],
)
def test_other_services(listen: Callable[..., int], answer: bytes | None, code: str) -> None:
    assert first_contact(listen(answer), ansible_winrm_message_encryption="never").code == code


def test_a_port_without_tls(listen: Callable[..., int]) -> None:
    assert first_contact(listen(http("400 Bad Request")), "https").code == "not_windows"


def test_a_server_that_speaks_old_tls_only(listen: Callable[..., int], tmp_path: Path) -> None:
    authority = Authority.load_or_make(tmp_path / "ca.crt", tmp_path / "ca.key")
    certificate, key = authority.issue("JP1DB01")
    (tmp_path / "pair.pem").write_text(key + certificate, encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # deprecated is what is wanted here
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    failure = first_contact(listen(http("200 OK"), context), "https", ansible_winrm_ca_trust_path=str(tmp_path / "ca.crt"))
    assert failure.code == "old_tls"
    assert "message encryption" in failure.remedy


@pytest.mark.parametrize(("name", "transport"), [("local", "local"), ("paramiko_ssh", "paramiko")])
def test_other_connections(name: str, transport: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_runner(connect({"ansible_host": "127.0.0.1"}, name))
    assert caught.value.code == "unsupported_connection"
    assert repr(transport) in caught.value.message
