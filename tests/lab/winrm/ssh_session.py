# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sshd starts for each session: hands it over to the endpoint, and ends as the command ends.

argument: the endpoint's socket
"""

from __future__ import annotations

import json
import os
import socket
import sys

request = {
    "line": os.environ.get("SSH_ORIGINAL_COMMAND", ""),
    "peer": os.environ.get("SSH_CONNECTION", "").partition(" ")[0],
    "connection": os.getppid(),
}
with socket.socket(socket.AF_UNIX) as endpoint:
    endpoint.connect(sys.argv[1])
    socket.send_fds(endpoint, [json.dumps(request).encode()], [0, 1, 2])
    # Held open here, the streams would not end when the command closes them.
    for stream in (0, 1, 2):
        os.close(stream)
    answer = endpoint.recv(64)
os._exit(int(answer or b"255") & 0xFF)
