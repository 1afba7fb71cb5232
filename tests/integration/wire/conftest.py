# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections over which the tests of the wire run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.integration.wire.transports import BEHAVIOUR_OF_WINRS, QUICK, TRANSPORTS


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """Ansible gives a password to ssh by its own program, which it looks for in the path."""
    os.environ["PATH"] = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """The name of Ansible's connection."""
    return str(request.param)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about WinRS where there is none, and mark as slow what tells little that is new."""
    kept, left_out = [], []
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        name = getattr(item, "originalname", item.name)
        transport = parameters.get("transport", TRANSPORTS[0])
        other_mode = parameters.get("any_host", "quoted-honor") != "quoted-honor"
        if transport == "ssh" and (other_mode or name in BEHAVIOUR_OF_WINRS):
            left_out.append(item)
            continue
        if transport != TRANSPORTS[0] and (other_mode or name not in QUICK):
            item.add_marker(pytest.mark.slow)
        kept.append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept
