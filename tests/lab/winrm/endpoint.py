# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots Windows, serves WinRM and ssh, and stops Windows.

Environment: WINEPREFIX, LAB_LOCALE (default en_US.UTF-8), LAB_CPU (number of the processor that everything runs on; none: all).
Folder /lab: tls.crt, tls.key, ssh_host_key, authorized_keys, users, endpoint.json, wire-faults.json, wire.log.
SIGTERM stops the endpoint and Wine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

from .accounts import Accounts
from .exchange import Exchange
from .server import Server
from .settings import parse_settings
from .shells import Shells
from .ssh import SshSessions, start_sshd
from .watched_file import WatchedFile
from .wine import Keepalive, WineLauncher, stop_wine, wine_environment
from .wire_faults import WireFaultParser
from .wire_log import WireLog

LAB = Path("/lab")
ADDRESS = ("0.0.0.0", 5986)
EXPIRY_SECONDS = 1.0


def main() -> None:
    """Boot Windows, serve until SIGTERM, stop Windows."""
    if processor := os.environ.get("LAB_CPU"):
        with contextlib.suppress(OSError):  # a virtual machine between here and the lab may have fewer
            os.sched_setaffinity(0, {int(processor)})
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    environment = wine_environment(os.environ.get("LAB_LOCALE", "en_US.UTF-8"))
    try:
        launcher = WineLauncher(environment, Keepalive(environment))
        shells = Shells(launcher)
        faults = WatchedFile(LAB / "wire-faults.json", WireFaultParser(), [])
        log = WireLog(LAB / "wire.log")
        exchange = Exchange(shells, WatchedFile(LAB / "endpoint.json", parse_settings, {}), faults, log)
        threading.Thread(target=SshSessions(launcher, faults, log).serve_forever, daemon=True).start()
        start_sshd(LAB / "users")
        server = Server(ADDRESS, exchange, Accounts(LAB / "users"), LAB / "tls.crt", LAB / "tls.key")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=launcher.prepare, daemon=True).start()
        while not stop.wait(EXPIRY_SECONDS):
            shells.close_expired()
    finally:
        stop_wine(environment)
