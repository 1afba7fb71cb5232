# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built and the installed collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.collection import CHECKOUT, build, install


@pytest.fixture(scope="session")
def tarball() -> Path:
    """The collection, built into the checkout's C(dist)."""
    folder = CHECKOUT / "dist"
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    return build(folder)


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of collections in which it alone is installed."""
    folder = tmp_path_factory.mktemp("installed")
    install(tarball, folder)
    return folder
