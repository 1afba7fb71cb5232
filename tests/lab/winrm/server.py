# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS server."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .accounts import Accounts
from .authentication import Logon, LogonRefused
from .dispatcher import Client
from .exchange import DROPPED, Exchange, Reply
from .sealing import CONTENT_TYPE, is_sealed, seal, unseal

PATH = "/wsman"
SOAP_TYPE = "application/soap+xml;charset=UTF-8"
HANDSHAKE_SECONDS = 30.0


class Server(ThreadingHTTPServer):
    """Serves an exchange over HTTPS.

    Args:
        address: host and port to listen on.
        exchange: handles the messages.
        accounts: who may log on.
        certificate, key: PEM files.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], exchange: Exchange, accounts: Accounts, certificate: Path, key: Path) -> None:
        self.exchange = exchange
        self.accounts = accounts
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        super().__init__(address, Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away all the time; only other errors are worth a trace."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Connection(BaseHTTPRequestHandler):
    """One TCP connection: the log-on lasts as long as it does."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        # The handshake happens here, in the connection's own thread: a silent client must not stop the others.
        self.request.settimeout(HANDSHAKE_SECONDS)
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.request.settimeout(None)
        self.logon = Logon(self.server.accounts)
        super().setup()

    def do_POST(self) -> None:
        """Log on, then hand the message to the exchange."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.split("?")[0].rstrip("/") != PATH:
            self._finish(404)
            return
        challenge = None
        try:
            authorization = self.headers.get("Authorization")
            if authorization:
                challenge = self.logon.step(authorization)
                if self.logon.user and self.server.exchange.refuses_logon():
                    raise LogonRefused("ordered by a test")
        except LogonRefused:
            self.logon.forget()
            challenge = None
        try:
            if self.logon.user is None:
                self._finish(401, challenge=challenge or "Negotiate")
            elif not data.strip():
                self._finish(200, challenge=challenge)
            else:
                self._exchange(self.logon.user, data, challenge)
        except ValueError as error:
            self._finish(500, str(error).encode("utf-8"), "text/plain;charset=UTF-8")

    def _exchange(self, user: str, data: bytes, challenge: str | None) -> None:
        sealed = is_sealed(self.headers.get("Content-Type", ""))
        envelope = unseal(self.logon.context, data) if sealed else data
        reply = self.server.exchange.handle(envelope, Client(user, self.client_address[0], self._is_lost))
        if reply.status == DROPPED:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        elif reply.status == 401:
            self.logon.forget()
            self._send(reply, SOAP_TYPE, "Negotiate")
        elif sealed and reply.body:
            self._send(Reply(reply.status, seal(self.logon.context, reply.body)), CONTENT_TYPE, challenge)
        else:
            self._send(reply, SOAP_TYPE, challenge)

    def _finish(self, status: int, body: bytes = b"", content_type: str = SOAP_TYPE, challenge: str | None = None) -> None:
        """Answer a request that carried no message."""
        self.server.exchange.log_without_message(self.client_address[0], status)
        self._send(Reply(status, body), content_type, challenge)

    def _send(self, reply: Reply, content_type: str, challenge: str | None) -> None:
        self.send_response(reply.status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        if reply.body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _is_lost(self) -> bool:
        # A client that waits for an answer sends nothing: whatever can be read is the end of the connection.
        return bool(select.select([self.connection], [], [], 0)[0])

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, with the offset that a test ordered."""
        moment = time.time() if timestamp is None else timestamp
        return formatdate(moment + self.server.exchange.clock_offset(), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """The wire log says it all."""
