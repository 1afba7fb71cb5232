# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other entrance: an OpenSSH server whose sessions run Windows command lines, as Windows' own does when cmd.exe is its shell.

sshd itself is Debian's. For each session it starts ssh_session.py, which hands the command line and its three streams over to this
process; that runs `cmd.exe /c "LINE"` in a job of its own. As on Windows, the end of the client ends nothing, but when the session's
cmd.exe ends, so does everything that it has started and that has not broken away.

A fault of the wire strikes a session as it strikes a Command message: drop_before and drop_after end the ssh connection, before the
command or when it is through; delay waits; any other kind counts as drop_before.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from .command_lines import CMD_EXE
from .processes import Launcher, Process, ProcessSpec, StartError
from .watched_file import WatchedFile
from .wire_faults import WireFaults
from .wire_log import WireLog

SOCKET = Path("/run/lab-ssh")
END_OF_OUTPUT_GRACE = 0.5
CONNECTION_ENDED = 255
_SESSION = Path(__file__).with_name("ssh_session.py")
_CONFIGURATION = f"""
ListenAddress 0.0.0.0
HostKey /lab/ssh_host_key
AuthorizedKeysFile /lab/authorized_keys
PasswordAuthentication yes
PermitRootLogin yes
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
MaxStartups 100
MaxSessions 100
ForceCommand exec python3 -I -S {_SESSION} {SOCKET}
"""


def start_sshd(users: Path) -> None:
    """Start sshd for the accounts of a file of DOMAIN:user:password lines."""
    accounts = [line.split(":", 1)[1] for line in users.read_text(encoding="utf-8").splitlines() if line.count(":") >= 2]
    subprocess.run(["chpasswd", "-c", "SHA512"], input="\n".join(accounts) + "\n", text=True, check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    configuration = Path("/run/lab-sshd_config")
    configuration.write_text(_CONFIGURATION, encoding="ascii")
    subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(configuration)])


class SshSessions:
    """Runs what ssh_session.py hands over.

    Args:
        launcher: starts the commands.
        faults, log: those of the wire.
    """

    def __init__(self, launcher: Launcher, faults: WatchedFile[WireFaults], log: WireLog) -> None:
        self._launcher = launcher
        self._faults = faults
        self._log = log
        SOCKET.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(SOCKET))
        self._listener.listen(128)

    def serve_forever(self) -> None:
        """Accept sessions."""
        while True:
            session, _address = self._listener.accept()
            threading.Thread(target=self._serve, args=(session,), daemon=True).start()

    def _serve(self, session: socket.socket) -> None:
        started = datetime.now(UTC)
        data, streams, _flags, _address = socket.recv_fds(session, 1 << 20, 3)
        request = json.loads(data)
        line = str(request["line"])
        fault = self._faults.read().next("Command", line)
        kind = fault.kind if fault else None
        entry: dict[str, Any] = {"peer": request["peer"], "status": 0, "action": "Command", "transport": "ssh", "command": line}
        entry |= {"wire_fault": kind, "wire_fault_id": fault.id if fault else None}
        try:
            with session:
                if fault and kind == "delay":
                    time.sleep(fault.seconds)
                elif kind not in (None, "drop_after"):
                    os.kill(request["connection"], signal.SIGKILL)
                    return
                if kind == "drop_after":
                    streams[1:] = _nowhere(streams[1:])
                code = self._run(line, streams)
                if kind == "drop_after":
                    os.kill(request["connection"], signal.SIGKILL)
                    return
                entry["status"] = 200
                with contextlib.suppress(OSError):  # the client is gone
                    session.sendall(str(code).encode())
        finally:
            for stream in streams:
                with contextlib.suppress(OSError):
                    os.close(stream)
            self._log.write(started, entry)

    def _run(self, line: str, streams: list[int]) -> int:
        job = str(uuid.uuid4()).upper()
        self._launcher.open_job(job)
        try:
            process = self._launcher.start(ProcessSpec(job, f'{CMD_EXE} /c "{line}"', 0, "", {}))
        except StartError:
            return CONNECTION_ENDED
        else:
            return _connected(process, streams)
        finally:
            self._launcher.close_job(job)


def _connected(process: Process, streams: list[int]) -> int:
    """Carry a process's streams until its end; return its exit code."""
    stdin, *outer = streams
    threading.Thread(target=_carry, args=(os.dup(stdin), _opened(process.stdin)), daemon=True).start()
    targets = [_opened(os.dup(stream)) for stream in outer]
    outputs = [
        threading.Thread(target=_carry, args=(source, target), daemon=True)
        for source, target in zip((process.stdout, process.stderr), targets, strict=True)
    ]
    for output in outputs:
        output.start()
    code = process.wait()
    deadline = time.monotonic() + END_OF_OUTPUT_GRACE
    for output, target in zip(outputs, targets, strict=True):
        output.join(max(0.0, deadline - time.monotonic()))
        target.close()  # a detached program that holds the source does not hold the session
    return code


def _opened(descriptor: int) -> FileIO:
    return FileIO(descriptor, "wb")


def _carry(source: int, target: FileIO) -> None:
    """Copy until the source ends or nobody reads the target, then close both."""
    with contextlib.suppress(OSError, ValueError):  # the latter: it was closed meanwhile
        while data := os.read(source, 65536):
            while data:
                data = data[target.write(data) :]
    with contextlib.suppress(OSError):
        os.close(source)
    with contextlib.suppress(OSError):
        target.close()


def _nowhere(streams: list[int]) -> list[int]:
    for stream in streams:
        os.close(stream)
    return [os.open(os.devnull, os.O_WRONLY) for _stream in streams]
