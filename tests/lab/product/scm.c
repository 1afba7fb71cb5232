/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "scm.h"

#include <stdio.h>

#define POLL_MS 100
#define LIMIT_MS 60000

static SC_HANDLE open_service(const wchar_t *name, DWORD access)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, name, access | SERVICE_QUERY_STATUS);
    DWORD error = GetLastError();
    CloseServiceHandle(manager);
    SetLastError(error);
    return service;
}

/* Waits while the service is in `state`. */
static SERVICE_STATUS wait_while(SC_HANDLE service, DWORD state)
{
    SERVICE_STATUS status = {0};
    for (DWORD waited = 0; QueryServiceStatus(service, &status) && status.dwCurrentState == state && waited < LIMIT_MS; waited += POLL_MS)
        Sleep(POLL_MS);
    return status;
}

DWORD service_state(const wchar_t *name)
{
    SERVICE_STATUS status = {0};
    SC_HANDLE service = open_service(name, 0);
    if (!service)
        return 0;
    QueryServiceStatus(service, &status);
    CloseServiceHandle(service);
    return status.dwCurrentState;
}

bool service_active(const wchar_t *name)
{
    DWORD state = service_state(name);
    return state && state != SERVICE_STOPPED;
}

struct start_result service_start(const wchar_t *name)
{
    struct start_result result = {false, 0, 0};
    SC_HANDLE service = open_service(name, SERVICE_START);
    if (!service || (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)) {
        result.error = GetLastError();
    } else {
        SERVICE_STATUS status = wait_while(service, SERVICE_START_PENDING);
        result.running = status.dwCurrentState == SERVICE_RUNNING;
        if (!result.running)
            result.error = status.dwWin32ExitCode ? status.dwWin32ExitCode : ERROR_SERVICE_REQUEST_TIMEOUT;
        if (result.error == ERROR_SERVICE_SPECIFIC_ERROR)
            result.specific = status.dwServiceSpecificExitCode;
    }
    if (service)
        CloseServiceHandle(service);
    return result;
}

DWORD service_stop(const wchar_t *name)
{
    SERVICE_STATUS status;
    DWORD error = 0;
    SC_HANDLE service = open_service(name, SERVICE_STOP);
    if (!service)
        return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? 0 : GetLastError();
    wait_while(service, SERVICE_START_PENDING);
    if (!ControlService(service, SERVICE_CONTROL_STOP, &status) && GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
        error = GetLastError();
    else if (wait_while(service, SERVICE_STOP_PENDING).dwCurrentState != SERVICE_STOPPED)
        error = ERROR_SERVICE_REQUEST_TIMEOUT;
    CloseServiceHandle(service);
    return error;
}

bool service_install(const wchar_t *name, const wchar_t *display_name, const wchar_t *program)
{
    wchar_t command[MAX_PATH + 2];
    _snwprintf(command, MAX_PATH + 2, L"\"%ls\"", program);
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_CHANGE_CONFIG);
    bool good = service != NULL;
    if (service)
        good = ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, command, NULL, NULL, NULL, NULL, NULL,
                                    display_name);
    else
        good = (service = CreateServiceW(manager, name, display_name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                         SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL)) != NULL;
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return good;
}

void service_remove(const wchar_t *name)
{
    SC_HANDLE service = open_service(name, DELETE);
    if (!service)
        return;
    DeleteService(service);
    CloseServiceHandle(service);
}
