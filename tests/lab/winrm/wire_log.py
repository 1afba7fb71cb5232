# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of everything that came over the wire: JSON lines, one per HTTP request or ssh session.

Keys: time (UTC, ISO 8601), peer (IP address), status (HTTP; 0 when the connection was dropped without an answer), seconds
(until the answer), action (null for a handshake or an empty request), shell, command_id, command (whole line; only Command),
skip_shell (only Command), environment (names and values; only Create), stdin_bytes (only Send; the input itself is not logged),
transport ("ssh" for a session, else missing), answer_fault (WSManFault code, or null), wire_fault (kind of the ordered fault, or null),
wire_fault_id (its id, or null).
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class WireLog:
    """Appends to the log file; each line is written at once.

    Args:
        path: the file; it is created, never emptied.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, started: datetime, entry: dict[str, Any]) -> None:
        """Append one request.

        Args:
            started: when it arrived, in UTC.
            entry: the other keys.
        """
        moment = started.astimezone(UTC)
        seconds = (datetime.now(UTC) - moment).total_seconds()
        time = moment.isoformat(timespec="milliseconds")
        line = json.dumps({"time": time, **entry, "seconds": round(seconds, 3)}, ensure_ascii=False)
        with self._lock, self._path.open("a", encoding="utf-8") as log:
            log.write(line + "\n")
