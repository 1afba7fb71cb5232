/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The lab's own view of a host, independent of the doubles: services from the service control manager and the product's registry
   values, one a line in UTF-8 with tabs between the fields:

       service  NAME  STATE(number)  PID  WIN32_EXIT_CODE  SERVICE_EXIT_CODE  START_TYPE(number)
       value    KEY   NAME  DATA                                                           (32-bit view, string values) */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static void put(const wchar_t *text)
{
    char bytes[4 * 512];
    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    fputs(bytes, stdout);
}

static DWORD start_type(SC_HANDLE manager, const wchar_t *name)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE space[8192];
    } buffer;
    DWORD needed, type = 0;
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_CONFIG);
    if (service && QueryServiceConfigW(service, &buffer.config, sizeof buffer, &needed))
        type = buffer.config.dwStartType;
    if (service)
        CloseServiceHandle(service);
    return type;
}

static void services(const wchar_t *prefix)
{
    static union {
        ENUM_SERVICE_STATUS_PROCESSW entry[1];
        BYTE space[65536];
    } list;
    DWORD needed, count = 0, resume = 0;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    if (!manager || !EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, list.space, sizeof list, &needed,
                                           &count, &resume, NULL)) {
        fprintf(stderr, "look: services: error %lu\n", GetLastError());
        exit(1);
    }
    for (DWORD i = 0; i < count; i++) {
        const ENUM_SERVICE_STATUS_PROCESSW *entry = &list.entry[i];
        const SERVICE_STATUS_PROCESS *status = &entry->ServiceStatusProcess;
        if (wcsnicmp(entry->lpServiceName, prefix, wcslen(prefix)))
            continue;
        printf("service\t");
        put(entry->lpServiceName);
        printf("\t%lu\t%lu\t%lu\t%lu\t%lu\n", status->dwCurrentState, status->dwProcessId, status->dwWin32ExitCode,
               status->dwServiceSpecificExitCode, start_type(manager, entry->lpServiceName));
    }
    CloseServiceHandle(manager);
}

static void values(const wchar_t *path)
{
    HKEY key;
    wchar_t name[256], data[512];
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_32KEY, &key))
        return;
    for (DWORD index = 0;; index++) {
        DWORD name_size = 256, size = sizeof data - sizeof *data, type;
        LSTATUS result = RegEnumValueW(key, index, name, &name_size, NULL, &type, (BYTE *)data, &size);
        if (result == ERROR_NO_MORE_ITEMS)
            break;
        if (result || type != REG_SZ)
            continue;
        data[size / sizeof *data] = 0;
        printf("value\t");
        put(path);
        printf("\t");
        put(name);
        printf("\t");
        put(data);
        printf("\n");
    }
    RegCloseKey(key);
}

int main(void)
{
    services(L"JP1_");
    services(L"LabAgents");
    values(L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\JP1ITDMManager");
    values(L"SOFTWARE\\HITACHI\\JP1ITDMM");
    return 0;
}
