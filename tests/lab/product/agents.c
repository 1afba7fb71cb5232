/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   LabAgents, a service of the lab and not of the product: reports records as agents on users' computers would, and logs each one
   that was accepted, after the answer. A record whose answer was lost is not logged, although the database may hold it.
   Ids are unique over restarts: start time and a counter. */
#include "net.h"
#include "service_main.h"

#include <stdio.h>
#include <string.h>

#define ACCEPTED_LOG L"Z:\\lab\\accepted.log"
#define PERIOD_MS 500

static HANDLE thread, ending;

static unsigned long long milliseconds_since_1970(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return (((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime) - 116444736000000000ULL) / 10000;
}

static void log_accepted(const char *id)
{
    char line[256];
    SYSTEMTIME now;
    DWORD written;
    GetSystemTime(&now);
    int length = snprintf(line, sizeof line, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ %s\n", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute,
                          now.wSecond, now.wMilliseconds, id);
    HANDLE file = CreateFileW(ACCEPTED_LOG, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    WriteFile(file, line, length, &written, NULL);
    FlushFileBuffers(file);
    CloseHandle(file);
}

/* Reports one record over a connection that is kept as long as it works. */
static void report(const char *id, unsigned number)
{
    static SOCKET manager = INVALID_SOCKET;
    char line[LINE_SIZE], accepted[128];
    if (manager == INVALID_SOCKET)
        manager = net_connect(L"127.0.0.1", PORT_AGENTS, 1000);
    if (manager == INVALID_SOCKET)
        return;
    if (!net_send(manager, "REPORT %s PC-%04u inventory", id, number % 200 + 1) || !net_receive(manager, line)) {
        closesocket(manager);
        manager = INVALID_SOCKET;
    } else if (sscanf(line, "ACCEPTED %127s", accepted) == 1 && !strcmp(accepted, id)) {
        log_accepted(id);
    }
}

static DWORD WINAPI report_all(void *unused)
{
    char id[64];
    unsigned long long begin = milliseconds_since_1970();
    (void)unused;
    for (unsigned number = 1; WaitForSingleObject(ending, PERIOD_MS) == WAIT_TIMEOUT; number++) {
        snprintf(id, sizeof id, "A-%llu-%06u", begin, number);
        report(id, number);
    }
    return 0;
}

static DWORD start(void)
{
    net_begin();
    ending = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread = CreateThread(NULL, 0, report_all, NULL, 0, NULL);
    return thread ? 0 : GetLastError();
}

static void stop(void)
{
    SetEvent(ending);
    WaitForSingleObject(thread, 15000);
}

int wmain(void)
{
    static const struct service service = {L"LabAgents", start, stop};
    return service_run(&service);
}
