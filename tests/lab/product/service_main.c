/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "service_main.h"

#include <stdio.h>

#define HINT_MS 30000
#define POLL_MS 250

static const struct service *current;
static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
static HANDLE stop_event;
static volatile DWORD failure;

static void report(DWORD state, DWORD specific)
{
    bool pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    status.dwCheckPoint = pending ? status.dwCheckPoint + 1 : 0;
    status.dwWaitHint = pending ? HINT_MS : 0;
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
    status.dwWin32ExitCode = specific ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
    status.dwServiceSpecificExitCode = specific;
    SetServiceStatus(handle, &status);
}

bool service_progress(void)
{
    report(SERVICE_START_PENDING, 0);
    return WaitForSingleObject(stop_event, POLL_MS) == WAIT_TIMEOUT;
}

void service_give_up(DWORD specific)
{
    failure = specific;
    SetEvent(stop_event);
}

static DWORD WINAPI control(DWORD code, DWORD event_type, void *event_data, void *context)
{
    (void)event_type;
    (void)event_data;
    (void)context;
    if (code == SERVICE_CONTROL_STOP || code == SERVICE_CONTROL_SHUTDOWN) {
        report(SERVICE_STOP_PENDING, 0);
        SetEvent(stop_event);
    } else if (code == SERVICE_CONTROL_INTERROGATE) {
        SetServiceStatus(handle, &status);
    } else {
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
    return NO_ERROR;
}

static void wait_pending(DWORD state, bool endless, long long seconds)
{
    for (long long waited = 0; endless || waited < seconds * 1000; waited += POLL_MS) {
        report(state, 0);
        Sleep(POLL_MS);
    }
}

/* [service:name] start=fail|hang|slow or stop=hang|slow, with exit_code= seconds= count=. Returns the exit code of start=fail. */
static DWORD apply_fault(const wchar_t *key, DWORD state)
{
    wchar_t section[96], kind[16];
    _snwprintf(section, 96, L"service:%ls", current->name);
    if (!lab_setting(section, key, L"", kind, 16) || !lab_setting_number(section, L"count", 1) || !lab_fault_take(section))
        return 0;
    if (lab_same(kind, L"fail"))
        return (DWORD)lab_setting_number(section, L"exit_code", 1);
    long long seconds = lab_setting_number(section, L"seconds", 0);
    wait_pending(state, lab_same(kind, L"hang") && !seconds, seconds);
    return 0;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExW(current->name, control, NULL);
    report(SERVICE_START_PENDING, 0);
    DWORD refusal = apply_fault(L"start", SERVICE_START_PENDING);
    if (!refusal)
        refusal = current->start();
    if (!refusal) {
        report(SERVICE_RUNNING, 0);
        WaitForSingleObject(stop_event, INFINITE);
        report(SERVICE_STOP_PENDING, 0);
        apply_fault(L"stop", SERVICE_STOP_PENDING);
        current->stop();
        refusal = failure;
    }
    report(SERVICE_STOPPED, refusal);
}

int service_run(const struct service *service)
{
    SERVICE_TABLE_ENTRYW table[] = {{(wchar_t *)service->name, service_main}, {NULL, NULL}};
    current = service;
    if (StartServiceCtrlDispatcherW(table))
        return 0;
    lab_error(L"%ls: %ls\r\n", service->name, lab_text(L"This program is a Windows service.", L"このプログラムは Windows サービスです。"));
    return 1;
}
