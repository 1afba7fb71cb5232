# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ssh connection without a network: clients are real processes, the far side is a folder that says what happens."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# What stands in for the ssh program. A connection is there as long as its socket is.
_CLIENT = """#!{python} -IS
import json, os, re, sys, time
folder = {folder!r}
arguments = sys.argv[1:]
socket = next(word[12:] for word in arguments if word.startswith("ControlPath="))
if "-O" in arguments:
    os.path.exists(socket) and os.unlink(socket)
    sys.exit(0)
if not os.path.exists(socket):
    sys.stderr.write("Connection closed by UNKNOWN port 65535\\n")
    sys.exit(255)
line = arguments[-1]
behaviour = json.load(open(folder + "/behaviour.json"))
found = re.search(r"\\[([0-9a-f]+)\\.%", line)
ending = found is None
stdin = "" if ending else sys.stdin.buffer.read().decode("latin-1")
with open(folder + "/ran.jsonl", "a") as log:
    log.write(json.dumps({{"line": line, "stdin": stdin, "pid": os.getpid()}}) + "\\n")
if ending:  # ends the commands that run
    open(folder + "/ended", "w").close()
    sys.exit(0)
for piece in behaviour["stdout"]:
    sys.stdout.write(piece)
    sys.stdout.flush()
    time.sleep(behaviour["between"])
sys.stderr.write(behaviour["stderr"])
end = time.monotonic() + behaviour["seconds"]
while time.monotonic() < end:
    if os.path.exists(folder + "/ended") and behaviour["can_be_ended"]:
        sys.exit(1)
    time.sleep(0.02)
if behaviour["lost"]:
    behaviour["lost"] -= 1
    json.dump(behaviour, open(folder + "/behaviour.json", "w"))
    os.unlink(socket)
    sys.stderr.write("client_loop: send disconnect: Broken pipe\\n")
    sys.exit(255)
token = found.group(1)
for piece in (f"[{{token[:5]}}", f"{{token[5:]}}.{{behaviour['exit_code']}}]\\r\\n", behaviour["late"]):
    sys.stdout.write(piece)
    sys.stdout.flush()
    time.sleep(behaviour["between"])
sys.exit(behaviour["exit_code"] & 255)
"""


class FakeSshServer:
    """The far side.

    :ivar failures: exceptions of the next connections, one for each.
    :ivar connections: the options that each connection was made with.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failures: list[Exception] = []
        self.connections: list[dict[str, str]] = []
        self.banner = b"Windows_NT\r\n"
        self.program = folder / "ssh"
        self.program.write_text(_CLIENT.format(python=sys.executable, folder=str(folder)))
        self.program.chmod(0o700)
        self.behave()

    def behave(self, **keys: Any) -> None:
        """Say what commands do; what is not said is as in an ordinary one."""
        usual: dict[str, Any] = {"stdout": ["done\r\n"], "stderr": "", "exit_code": 0, "seconds": 0, "between": 0, "lost": 0, "late": ""}
        (self.folder / "behaviour.json").write_text(json.dumps({**usual, "can_be_ended": True, **keys}))

    @property
    def ran(self) -> list[dict[str, Any]]:
        """Line, input and process id of each command that reached the server."""
        file = self.folder / "ran.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def connection(self, shell: str = "cmd") -> FakeSshConnection:
        return FakeSshConnection(self, shell)

    def end_connections(self) -> None:
        """As a restart of the server does."""
        for options in self.connections:
            Path(socket_of(options)).unlink(missing_ok=True)


class FakeSshConnection:
    """What the code above the wire uses of Ansible's ssh connection."""

    transport = "ssh"

    def __init__(self, server: FakeSshServer, shell: str) -> None:
        self.server = server
        self._shell = SimpleNamespace(SHELL_FAMILY=shell)
        self.options = {"host": "192.0.2.1", "ssh_executable": str(server.program), "ssh_args": "-C", "ssh_extra_args": "-o X=y"}

    def get_option(self, name: str) -> str:
        return self.options[name]

    def set_option(self, name: str, value: str) -> None:
        self.options[name] = value

    def exec_command(self, command: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        assert not sudoable and not in_data
        self.server.connections.append(dict(self.options))
        if self.server.failures:
            raise self.server.failures.pop(0)
        Path(socket_of(self.options)).touch()
        return 0, self.server.banner, b""

    def close(self) -> None:
        """Nothing was opened by it."""


def socket_of(options: dict[str, str]) -> str:
    found = re.search(r"ControlPath=(\S+)", options["ssh_args"])
    assert found
    return found.group(1)
