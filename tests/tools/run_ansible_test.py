# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs C(ansible-test) on the collection: C(python -m tests.tools.run_ansible_test sanity).

It wants a folder whose path ends in C(ansible_collections/jp1/itdm) and follows no symbolic link, so that it gets a copy. That holds the
collection and its unit tests; the lab and what drives it are programs of their own. Environments lie beside the copy and are made once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal import python_requirements

from .copies import CHECKOUT, copy_collection

HOME = CHECKOUT / ".venv-sanity"
PYTHON = "{}.{}".format(*sys.version_info)


def lay_get_pip() -> None:
    """Put our script where this version of C(ansible-test) keeps the one that it would fetch."""
    version = python_requirements.get_venv_packages(SimpleNamespace(version=PYTHON))["pip"]
    cache = HOME / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version.replace('.', '_')}.py")


def main(arguments: list[str]) -> int:
    """Run a command of C(ansible-test); return its exit code."""
    place = copy_collection(HOME)
    # else it would ask the checkout, which ignores the copy
    subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
    lay_get_pip()
    programs = Path(sys.executable).parent
    command = [str(programs / "ansible-test"), *arguments, "--python", PYTHON]
    environment = {**os.environ, "HOME": str(HOME), "PATH": f"{programs}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=place, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
