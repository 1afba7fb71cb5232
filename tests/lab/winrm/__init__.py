# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WinRM endpoint (WS-Management, WinRS command shells) for one Wine prefix: HTTPS with NTLM, no PowerShell.

server -> exchange -> dispatcher -> shells -> commands -> wine: an HTTP request, a message with its faults and log, an action,
a shell, a command, a Windows process.
"""
