# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the product: C(VV-RR) or C(VV-RR-SS), compared field by field.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError

_FORMAT = re.compile(r"(\d{2})-(\d{2})(?:-([0-9]{2}|[A-Z]{1,2}))?", re.ASCII)


@total_ordering
@dataclass(frozen=True)
class ProductVersion:
    """A version of the product.

    :param version: the VV field.
    :param release: the RR field.
    :param suffix: the SS field (correction level) or an empty text.
    """

    version: int
    release: int
    suffix: str = ""

    @classmethod
    def parse(cls, text: str, what: str = "version") -> ProductVersion:
        """Read C(VV-RR) or C(VV-RR-SS).

        :param what: the option or place that the text comes from, for the error.
        :raises OptionError: C(bad_version) when the text has another format.
        """
        match = _FORMAT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise OptionError(
                f"{what}: {text!r} is not a version of the product.",
                code="bad_version",
                remedy="Write it as VV-RR or VV-RR-SS, in quotes, for example '10-10'.",
            )
        return cls(int(match[1]), int(match[2]), match[3] or "")

    def __str__(self) -> str:
        base = f"{self.version:02d}-{self.release:02d}"
        return f"{base}-{self.suffix}" if self.suffix else base

    def _key(self) -> tuple[int, int, int, str]:
        # no suffix is the base release, digits are its corrections, letters come last
        rank = 0 if not self.suffix else 1 if self.suffix.isdigit() else 2
        return self.version, self.release, rank, self.suffix

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, ProductVersion):
            return NotImplemented
        return self._key() < other._key()


# From 10-50 on the product is JP1/IT Desktop Management 2, whose multi-server configuration means something else.
FIRST_ITDM2 = ProductVersion(10, 50)

# From this version on, linkage with an MDM system needs the validated server certificate (Configuration Guide 5.10).
FIRST_WITH_MDM_CERTIFICATE = ProductVersion(10, 0)


def check_target(target: ProductVersion) -> None:
    """Refuse a target version that this collection can not upgrade to.

    :raises OptionError: C(itdm2_target) for 10-50 and later.
    """
    if target >= FIRST_ITDM2:
        raise OptionError(
            f"target_version: {target} belongs to JP1/IT Desktop Management 2, which this collection does not upgrade to.",
            code="itdm2_target",
            remedy="Choose a version before 10-50, or follow the manual of JP1/IT Desktop Management 2.",
        )


def check_upgrade(installed: ProductVersion, target: ProductVersion) -> None:
    """Refuse a pair of versions that is not an upgrade.

    :raises OptionError: C(same_version) or C(downgrade).
    """
    if installed == target:
        raise OptionError(
            f"target_version: {target} is the version that is installed already.",
            code="same_version",
            remedy="Choose a later version.",
        )
    if installed > target:
        raise OptionError(
            f"target_version: {target} is older than the installed {installed}; that would be a downgrade.",
            code="downgrade",
            remedy="Choose a later version; going back to an old version is what rollback.yml does.",
        )
