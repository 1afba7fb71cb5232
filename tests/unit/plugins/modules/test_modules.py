# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that were sent to a server says what is wrong, and does nothing."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

PACKAGE = "ansible_collections.jp1.itdm.plugins.modules"
NAMES = sorted(path.stem for path in (Path(__file__).resolve().parents[4] / "plugins/modules").glob("*.py"))


class Refused(Exception):
    """What the stand-in for AnsibleModule raises."""


class Module:
    """Stands in for AnsibleModule."""

    def __init__(self, **keys: Any) -> None:
        assert keys["argument_spec"]

    def fail_json(self, msg: str) -> NoReturn:
        """Fail with a message."""
        raise Refused(msg)


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_to_run_on_a_server(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(f"{PACKAGE}.{name}")
    monkeypatch.setattr(module, "AnsibleModule", Module)
    with pytest.raises(Refused, match=rf"jp1\.itdm\.{name} runs on the controller as an action plugin"):
        module.main()
