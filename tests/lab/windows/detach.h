/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAB_DETACH_H
#define LAB_DETACH_H

#include <windows.h>

/* Starts a program as a Windows service would: outside the caller's job, with the system's environment, a console of its own and no
   inherited handles. `folder` NULL or "" means system32. Returns 0 or the Win32 error. */
DWORD lab_start_detached(wchar_t *command, const wchar_t *folder, DWORD *pid);

#endif
