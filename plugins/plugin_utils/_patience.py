# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a server that does not answer is waited for.

Note that this module is private to the collection.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.jp1.itdm.plugins.plugin_utils._winrs_errors import TRANSIENT

#: Seconds before each new try while a server is waited for: the first ones, and all others.
FIRST_PAUSES, LONGEST_PAUSE = (1.0, 2.0), 5.0


class Patience:
    """The pauses between the tries of one outage; the outage begins with the first failure.

    :param pauses: seconds before each new try, whose number bounds the tries.
    :param reconnection_time: seconds; where it is more than 0, an outage that time can heal is waited for that long instead.
    """

    def __init__(self, pauses: Sequence[float], reconnection_time: float = 0.0) -> None:
        self.reconnection_time = reconnection_time
        self._few = iter(pauses)
        self._many = self._while_time_is_left() if reconnection_time > 0 else self._few
        self._refused = False

    def pause(self, failure: ConnectionLostError) -> float | None:
        """Return the seconds before the next try, or None when there is none."""
        if self._refused:  # a second refusal of the same credentials could lock the account
            return None
        self._refused = failure.code == "wrong_credentials"
        return next(self._many if failure.code in TRANSIENT else self._few, None)

    def _while_time_is_left(self) -> Iterator[float]:
        end = time.monotonic() + self.reconnection_time
        for pause in chain(FIRST_PAUSES, repeat(LONGEST_PAUSE)):
            left = end - time.monotonic()
            if left <= 0:
                return
            yield min(pause, left)
