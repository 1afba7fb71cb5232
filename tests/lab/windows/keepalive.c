/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   keepalive.exe: the first and last Windows process of a lab host. Wine stops its services when the last user process ends,
   so this one stays until its standard input ends. Meanwhile it holds the job objects of the WinRM shells: a shell's
   processes die with its job, except those that broke away from it.

   At start it waits until no automatic service is still to be started, then writes "ready". Requests come on standard input,
   one a line, and each is answered by "ok" or "failed WIN32_ERROR":
     open NAME    creates a job object of that name
     close NAME   kills the processes in it and forgets it */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 128
#define BOOT_LIMIT_MS 15000
#define POLL_MS 50

typedef struct Job {
    char name[NAME_SIZE];
    HANDLE handle;
    struct Job *next;
} Job;

static Job *jobs;

/* Whether the service is automatic and the service manager has not come to it yet. */
static BOOL is_still_to_start(SC_HANDLE manager, const ENUM_SERVICE_STATUS_PROCESSW *service)
{
    BYTE buffer[8192];
    QUERY_SERVICE_CONFIGW *config = (QUERY_SERVICE_CONFIGW *)buffer;
    DWORD needed;
    BOOL pending = FALSE;
    if (service->ServiceStatusProcess.dwCurrentState != SERVICE_STOPPED
        || service->ServiceStatusProcess.dwWin32ExitCode != ERROR_SERVICE_NEVER_STARTED)
        return FALSE;
    SC_HANDLE handle = OpenServiceW(manager, service->lpServiceName, SERVICE_QUERY_CONFIG);
    if (handle) {
        pending = QueryServiceConfigW(handle, config, sizeof buffer, &needed) && config->dwStartType == SERVICE_AUTO_START;
        CloseServiceHandle(handle);
    }
    return pending;
}

static BOOL are_services_started(void)
{
    DWORD needed = 0, count = 0, resume = 0;
    BOOL started = FALSE;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    if (!manager)
        return FALSE;
    EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0, &needed, &count,
                          &resume, NULL);
    needed += 4096;                 /* a service may appear between the two calls */
    BYTE *buffer = malloc(needed);
    resume = 0;
    if (buffer && EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, buffer, needed,
                                        &needed, &count, &resume, NULL)) {
        ENUM_SERVICE_STATUS_PROCESSW *services = (ENUM_SERVICE_STATUS_PROCESSW *)buffer;
        started = TRUE;
        for (DWORD i = 0; i < count; i++)
            started &= !is_still_to_start(manager, &services[i]);
    }
    free(buffer);
    CloseServiceHandle(manager);
    return started;
}

static DWORD open_job(const char *name)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
    Job *job = calloc(1, sizeof *job);
    if (!job)
        return ERROR_OUTOFMEMORY;
    job->handle = CreateJobObjectA(NULL, name);
    if (!job->handle) {
        free(job);
        return GetLastError();
    }
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    SetInformationJobObject(job->handle, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    snprintf(job->name, sizeof job->name, "%s", name);
    job->next = jobs;
    jobs = job;
    return ERROR_SUCCESS;
}

static DWORD close_job(const char *name)
{
    for (Job **link = &jobs; *link; link = &(*link)->next) {
        Job *job = *link;
        if (strcmp(job->name, name) == 0) {
            TerminateJobObject(job->handle, 1);
            CloseHandle(job->handle);
            *link = job->next;
            free(job);
            return ERROR_SUCCESS;
        }
    }
    return ERROR_FILE_NOT_FOUND;
}

static void answer(const char *request)
{
    char verb[16], name[NAME_SIZE];
    DWORD error = ERROR_INVALID_PARAMETER;
    if (sscanf(request, "%15s %127s", verb, name) == 2) {
        if (strcmp(verb, "open") == 0)
            error = open_job(name);
        else if (strcmp(verb, "close") == 0)
            error = close_job(name);
    }
    if (error == ERROR_SUCCESS)
        printf("ok\n");
    else
        printf("failed %lu\n", error);
    fflush(stdout);
}

int main(void)
{
    char request[NAME_SIZE + 16];
    for (DWORD waited = 0; waited < BOOT_LIMIT_MS && !are_services_started(); waited += POLL_MS)
        Sleep(POLL_MS);
    printf("ready\n");
    fflush(stdout);
    while (fgets(request, sizeof request, stdin))
        answer(request);
    return 0;
}
