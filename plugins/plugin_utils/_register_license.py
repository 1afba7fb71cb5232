# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Register the licence.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError, VerificationError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._control_services import patterns_for
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet


class RegisterLicense(Step):
    """The second part of the way back (Configuration Guide 5.10)."""

    title = "Register the licence"

    def __init__(self, product: Product, license_file: str) -> None:
        self.product = product
        self.license_file = license_file

    def probe(self) -> Seen:
        registered = self.product.license_registered()
        return Seen(registered is True, {"registered": registered})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        services = self.product.host.ask(found=windows.services(patterns_for(self.product, "license_registration"))).found
        down = [service.name for service in services if service.state != "running"]
        if down:
            yield Unmet(
                PreconditionError(
                    f"These services must run while the licence is registered: {', '.join(down)}.",
                    code="services_stopped",
                    remedy="Start them first.",
                ),
                made_by_earlier_step=True,
            )

    def settle(self) -> None:
        self.product.await_end("register_license")

    def execute(self, seen: Seen) -> dict[str, Any]:
        return output_of(self.product.run("register_license", license_file=self.license_file))

    def post_check(self, seen: Seen) -> dict[str, Any]:
        registered = self.product.license_registered()
        if registered is False:
            raise VerificationError(
                "The licence program ended, but no licence is registered.",
                code="license_not_registered",
                remedy="Check the licence key.",
            )
        return {"registered": registered}
