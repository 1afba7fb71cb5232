# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect evidence of a failure from a server."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.module_utils._evidence import check_run_id
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._collect_evidence import Collector
from ansible_collections.jp1.itdm.plugins.plugin_utils._evidence_folder import EvidenceFolder
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product


class ActionModule(HostAction):
    """Collect evidence of a failure from a server into a folder on the controller; changes nothing on the server."""

    spec = _argspec.UPGRADE_EVIDENCE
    facts = ("folder",)

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Collect and write; whatever is missing is noted and fails nothing."""
        check_run_id(options["run_id"])
        product = self.product(host, options)
        if self._task.check_mode:
            return _result("Check mode reads nothing and writes nothing.")
        begin, started = time.monotonic(), datetime.now(timezone.utc)
        try:
            folder = EvidenceFolder(
                options["folder"], options["run_id"], host.name, f"{started:%Y%m%dT%H%M%SZ}", list(product.secrets.values())
            )
        except OSError as error:
            return _result(f"The folder {options['folder']} on the controller can not be used: {error.strerror}.")
        return _collect(product, options, folder, {"started": started.isoformat(timespec="seconds")}, begin)


def _collect(product: Product, options: dict[str, Any], folder: EvidenceFolder, facts: dict[str, Any], begin: float) -> dict[str, Any]:
    collector = Collector(product, options["run_id"], options["time_limit"])
    collector.collect()
    for piece in collector.pieces:
        folder.add(piece)
    reason = collector.lost or ("" if folder.files else "Nothing could be read.")
    facts = {
        "run_id": options["run_id"],
        "host": product.host.name,
        "server": product.server,
        "collected": bool(folder.files),
        "reason": reason,
        **facts,
        "elapsed": round(time.monotonic() - begin, 1),
    }
    try:
        folder.close(facts, collector.missing)
    except OSError as error:
        reason = f"The index could not be written on the controller: {error.strerror}."
    missing = [{"source": item.source, "reason": item.reason} for item in folder.missing]
    return _result(
        reason,
        collected=bool(folder.files),
        folder=str(folder.path),
        files=len(folder.files),
        bytes=sum(file["bytes"] for file in folder.files),
        missing=missing,
    )


def _result(reason: str, **found: Any) -> dict[str, Any]:
    return {"changed": False, "collected": False, "reason": reason, "folder": "", "files": 0, "bytes": 0, "missing": [], **found}
