# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and read product profiles.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._profile import Profile, build_profile
from yaml import YAMLError

_SHIPPED = Path(__file__).parent / "profiles"


def load_profile(name: str, overrides: Mapping[str, Any] | None = None) -> Profile:
    """Read a profile by its name, or by its path when it is the operator's own file.

    :param name: the name of a shipped profile, or the path of a YAML file on the controller.
    :param overrides: values that replace the profile's, by field name.
    :raises OptionError: C(unknown_profile) or C(bad_profile).
    """
    path = Path(name) if "/" in name else _SHIPPED / f"{name}.yml"
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in _SHIPPED.glob("*.yml")))
        raise OptionError(
            f"profile: {name!r} is neither a shipped profile nor the path of a file on the controller.",
            code="unknown_profile",
            remedy=f"Shipped are {shipped}; an own profile is named by its path.",
        )
    try:
        document = yaml_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError) as error:
        raise OptionError(f"profile: {name} can not be read: {error}", code="bad_profile", remedy="Correct the file.") from error
    return build_profile(name, document, overrides)
