/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "detach.h"

#include <userenv.h>

DWORD lab_start_detached(wchar_t *command, const wchar_t *folder, DWORD *pid)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    void *environment = NULL;
    DWORD flags = CREATE_BREAKAWAY_FROM_JOB | CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT, error = 0;
    if (!CreateEnvironmentBlock(&environment, NULL, FALSE))
        return GetLastError();
    if (!folder || !*folder)
        folder = L"C:\\windows\\system32";
    if (CreateProcessW(NULL, command, NULL, NULL, FALSE, flags, environment, folder, &startup, &process)) {
        *pid = process.dwProcessId;
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
    } else
        error = GetLastError();
    DestroyEnvironmentBlock(environment);
    return error;
}
