/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   sc.exe: query and queryex. */
#include "sc.h"

#include <stdio.h>
#include <stdlib.h>

const wchar_t *sc_type_name(DWORD type)
{
    switch (type & 0x3f) {
    case 0x01: return L"KERNEL_DRIVER";
    case 0x02: return L"FILE_SYSTEM_DRIVER";
    case 0x10: return L"WIN32_OWN_PROCESS";
    case 0x20: return L"WIN32_SHARE_PROCESS";
    case 0x30: return L"WIN32";
    default: return L"ERROR";
    }
}

const wchar_t *sc_label(const wchar_t *label)
{
    static const wchar_t *const labels[][2] = {
        {L"TYPE", L"種類"}, {L"STATE", L"状態"}, {L"WIN32_EXIT_CODE", L"WIN32 終了コード"}, {L"SERVICE_EXIT_CODE", L"サービス終了コード"},
        {L"CHECKPOINT", L"チェックポイント"}, {L"WAIT_HINT", L"待機ヒント"}, {L"PID", L"プロセス ID"}, {L"FLAGS", L"フラグ"},
        {L"START_TYPE", L"開始の種類"}, {L"ERROR_CONTROL", L"エラー制御"}, {L"BINARY_PATH_NAME", L"バイナリ パス名"},
        {L"LOAD_ORDER_GROUP", L"読み込み順グループ"}, {L"TAG", L"タグ"}, {L"DISPLAY_NAME", L"表示名"}, {L"DEPENDENCIES", L"依存関係"},
        {L"SERVICE_START_NAME", L"サービス開始名"},
    };
    static wchar_t text[64];
    static int translated = -1;
    if (translated < 0)
        translated = lab_setting_is(L"windows", L"labels", L"translated");
    for (size_t i = 0; translated && i < sizeof labels / sizeof *labels; i++)
        if (!wcscmp(label, labels[i][0]))
            label = labels[i][1];
    _snwprintf(text, 64, L"        %-19ls: ", label);
    return text;
}

void sc_correct_killed_service(SERVICE_STATUS_PROCESS *status)
{
    if (status->dwCurrentState == SERVICE_STOPPED || !status->dwProcessId)
        return;
    DWORD exit_code = STILL_ACTIVE;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, status->dwProcessId);
    bool alive = process && GetExitCodeProcess(process, &exit_code) && exit_code == STILL_ACTIVE;
    if (process)
        CloseHandle(process);
    if (alive)
        return;
    status->dwCurrentState = SERVICE_STOPPED;
    status->dwWin32ExitCode = ERROR_PROCESS_ABORTED;
    status->dwControlsAccepted = status->dwServiceSpecificExitCode = 0;
    status->dwCheckPoint = status->dwWaitHint = status->dwProcessId = 0;
}

void sc_print_status(const wchar_t *name, const wchar_t *display_name, SERVICE_STATUS_PROCESS *status, bool extended)
{
    static const wchar_t *const states[] = {L"",        L"STOPPED",          L"START_PENDING", L"STOP_PENDING",
                                            L"RUNNING", L"CONTINUE_PENDING", L"PAUSE_PENDING", L"PAUSED"};
    sc_correct_killed_service(status);
    DWORD state = status->dwCurrentState, accepted = status->dwControlsAccepted;
    lab_print(L"\r\nSERVICE_NAME: %ls%ls\r\n", name, display_name ? L"" : L" ");
    if (display_name)
        lab_print(L"DISPLAY_NAME: %ls\r\n", display_name);
    lab_print(L"%ls%lx  %ls %ls\r\n", sc_label(L"TYPE"), status->dwServiceType, sc_type_name(status->dwServiceType),
              status->dwServiceType & SERVICE_INTERACTIVE_PROCESS ? L"(interactive)" : L" ");
    lab_print(L"%ls%lu  %ls \r\n", sc_label(L"STATE"), state, states[state & 7]);
    if (state != SERVICE_STOPPED)
        lab_print(L"                                (%ls, %ls, %ls)\r\n", accepted & SERVICE_ACCEPT_STOP ? L"STOPPABLE" : L"NOT_STOPPABLE",
                  accepted & SERVICE_ACCEPT_PAUSE_CONTINUE ? L"PAUSABLE" : L"NOT_PAUSABLE",
                  accepted & SERVICE_ACCEPT_SHUTDOWN ? L"ACCEPTS_SHUTDOWN" : L"IGNORES_SHUTDOWN");
    lab_print(L"%ls%lu  (0x%lx)\r\n", sc_label(L"WIN32_EXIT_CODE"), status->dwWin32ExitCode, status->dwWin32ExitCode);
    lab_print(L"%ls%lu  (0x%lx)\r\n", sc_label(L"SERVICE_EXIT_CODE"), status->dwServiceSpecificExitCode, status->dwServiceSpecificExitCode);
    lab_print(L"%ls0x%lx\r\n", sc_label(L"CHECKPOINT"), status->dwCheckPoint);
    lab_print(L"%ls0x%lx\r\n", sc_label(L"WAIT_HINT"), status->dwWaitHint);
    if (extended) {
        lab_print(L"%ls%lu\r\n", sc_label(L"PID"), status->dwProcessId);
        lab_print(L"%ls\r\n", sc_label(L"FLAGS"));
    }
}

/* Lists services until `limit` bytes of buffer are used up (0 = no limit), as the real program does with its bufsize. */
static int list_services(SC_HANDLE manager, DWORD type, DWORD state, DWORD limit, bool extended)
{
    DWORD needed = 0, count = 0, resume = 0, used = 0;
    EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, type, state, NULL, 0, &needed, &count, &resume, NULL);
    DWORD size = needed + 65536;
    BYTE *buffer = malloc(size);
    resume = 0;
    if (!EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, type, state, buffer, size, &needed, &count, &resume, NULL))
        return sc_failed(L"EnumServicesStatus", GetLastError());
    ENUM_SERVICE_STATUS_PROCESSW *entry = (void *)buffer;
    for (DWORD i = 0; i < count; i++) {
        DWORD bytes = sizeof *entry + 2 * (wcslen(entry[i].lpServiceName) + wcslen(entry[i].lpDisplayName) + 2);
        if (limit && used + bytes > limit) {
            lab_print(L"Enum: more data, need %lu bytes start resume at index %lu\r\n", bytes * (count - i), i);
            break;
        }
        used += bytes;
        sc_print_status(entry[i].lpServiceName, entry[i].lpDisplayName, &entry[i].ServiceStatusProcess, extended);
    }
    free(buffer);
    return 0;
}

static int query_one(SC_HANDLE manager, const wchar_t *name, bool extended)
{
    SERVICE_STATUS_PROCESS status;
    DWORD needed;
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS);
    if (!service)
        return sc_failed(L"EnumQueryServicesStatus:OpenService", GetLastError());
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed))
        return sc_failed(L"QueryServiceStatusEx", GetLastError());
    sc_print_status(name, NULL, &status, extended);
    return 0;
}

int sc_query(SC_HANDLE manager, int count, wchar_t **words, bool extended)
{
    DWORD type = SERVICE_WIN32, state = SERVICE_ACTIVE, limit = (DWORD)lab_setting_number(L"windows", L"enum_limit", 0);
    int i = 0;
    if (count && !wcschr(words[0], L'='))
        return query_one(manager, words[0], extended);
    for (; i + 1 < count; i += 2) {
        const wchar_t *value = words[i + 1];
        if (lab_same(words[i], L"state=") && lab_same(value, L"all"))
            state = SERVICE_STATE_ALL;
        else if (lab_same(words[i], L"state=") && (lab_same(value, L"inactive") || lab_same(value, L"active")))
            state = lab_same(value, L"active") ? SERVICE_ACTIVE : SERVICE_INACTIVE;
        else if (lab_same(words[i], L"type=") && (lab_same(value, L"all") || lab_same(value, L"driver")))
            type = lab_same(value, L"all") ? SERVICE_WIN32 | SERVICE_DRIVER : SERVICE_DRIVER;
        else if (lab_same(words[i], L"type=") && (lab_same(value, L"own") || lab_same(value, L"share")))
            type = lab_same(value, L"own") ? SERVICE_WIN32_OWN_PROCESS : SERVICE_WIN32_SHARE_PROCESS;
        else if (lab_same(words[i], L"bufsize="))
            limit = wcstoul(value, NULL, 10);
        else if (!(lab_same(words[i], L"type=") && lab_same(value, L"service")))
            break;
    }
    return i < count ? sc_usage() : list_services(manager, type, state, limit, extended);
}
