/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   wevtutil.exe: qe System|Application /c:N /rd:true|false /f:text. The events are the lines of Z:\lab\LOG.events (UTF-8, the oldest
   first); without that file there is one, that the event log was started. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAP_EXIT_CODE 98
#define EVENTS 1000

static wchar_t *events[EVENTS];
static int count;

static void load(const wchar_t *log)
{
    wchar_t path[MAX_PATH];
    DWORD size;
    _snwprintf(path, MAX_PATH, L"Z:\\lab\\%ls.events", log);
    unsigned char *data = lab_read_file(path, &size);
    for (char *line = data ? strtok((char *)data, "\r\n") : NULL; line && count < EVENTS; line = strtok(NULL, "\r\n")) {
        int length = MultiByteToWideChar(CP_UTF8, 0, line, -1, NULL, 0);
        events[count] = calloc(length, sizeof *events[count]);
        MultiByteToWideChar(CP_UTF8, 0, line, -1, events[count++], length);
    }
    if (!count)
        events[count++] = wcsdup(lab_text(L"The Event log service was started.", L"イベント ログ サービスが開始されました。"));
    free(data);
}

static void print_event(int number, const wchar_t *log, const wchar_t *description)
{
    wchar_t computer[64] = L"";
    DWORD length = 64;
    GetComputerNameW(computer, &length);
    lab_print(L"Event[%d]:\r\n  Log Name: %ls\r\n  Source: EventLog\r\n  Date: 2026-03-01T01:00:00.000\r\n  Event ID: 6005\r\n  Task: N/A\r\n", number, log);
    lab_print(L"  Level: %ls\r\n", lab_text(L"Information", L"情報"));
    lab_print(L"  Opcode: N/A\r\n  Keyword: %ls\r\n  User: N/A\r\n  User Name: N/A\r\n  Computer: %ls\r\n", lab_text(L"Classic", L"クラシック"), computer);
    lab_print(L"  Description: \r\n%ls\r\n\r\n", description);
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    int most = EVENTS;
    bool newest_first = false, text = false, known = argc > 2 && lab_same(argv[1], L"qe");
    lab_fault_program(L"wevtutil", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    for (int i = 3; i < argc && known; i++) {
        if (!_wcsnicmp(argv[i], L"/c:", 3))
            most = _wtoi(argv[i] + 3);
        else if (lab_same(argv[i], L"/f:text"))
            text = true;
        else if (lab_same(argv[i], L"/rd:true") || lab_same(argv[i], L"/rd:false"))
            newest_first = lab_same(argv[i], L"/rd:true");
        else
            known = false;
    }
    if (!known || !text) {
        lab_error(L"wevtutil is a trap for everything but 'qe LOG /c: /rd: /f:text': not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    if (!lab_same(argv[2], L"System") && !lab_same(argv[2], L"Application")) {
        lab_error(lab_text(L"Failed to read events. The specified channel could not be found. Check channel configuration.\r\n",
                           L"イベントを読み取れませんでした。指定されたチャネルが見つかりませんでした。チャネルの構成を確認してください。\r\n"));
        return ERROR_EVT_CHANNEL_NOT_FOUND;
    }
    load(argv[2]);
    for (int i = 0; i < count && i < most; i++)
        print_event(i, argv[2], events[newest_first ? count - 1 - i : i]);
    lab_fault_at(&fault, LAB_AFTER);
    return 0;
}
