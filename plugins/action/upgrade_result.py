# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the result of a run as a file on the controller."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import write_private


class ActionModule(HostAction):
    """Keep the result of a run as a file on the controller; no server is contacted."""

    spec = _argspec.UPGRADE_RESULT
    server = "management_server"

    def work(self, name: str, options: dict[str, Any], secrets: Iterable[str], result: dict[str, Any]) -> None:
        """Write the file, if it is not there with this content already; how a run ended is kept whatever the connection is."""
        path = Path(options["path"])
        text = json.dumps(options["content"], indent=4, sort_keys=True, ensure_ascii=False) + "\n"
        try:
            changed = not path.exists() or path.read_text(encoding="utf-8") != text
            if changed and not self._task.check_mode:
                write_private(path, text)
        except (OSError, UnicodeDecodeError) as error:
            raise PreconditionError(
                f"{path} on the controller can not be written: {error}.",
                code="controller_file",
                remedy="Correct upgrade_result_folder, or the rights of this account.",
            ) from error
        result.update(changed=changed, path=str(path), http_requests=0)
