/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   netstat.exe: -a -n -o in any combination (numbers are always shown), -p tcp. Only IPv4 TCP is known here. */
#include <winsock2.h>

#include "common.h"

#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>

#define TRAP_EXIT_CODE 98

static const wchar_t *endpoint(DWORD address, DWORD port, wchar_t *text, size_t size)
{
    const BYTE *part = (const BYTE *)&address;
    _snwprintf(text, size, L"%u.%u.%u.%u:%u", part[0], part[1], part[2], part[3], ntohs((u_short)port));
    return text;
}

static int list(bool all, bool owners)
{
    static const wchar_t *const states[] = {L"",           L"CLOSED",     L"LISTENING",  L"SYN_SENT",   L"SYN_RECEIVED", L"ESTABLISHED", L"FIN_WAIT_1",
                                            L"FIN_WAIT_2", L"CLOSE_WAIT", L"CLOSING",    L"LAST_ACK",   L"TIME_WAIT",    L"DELETE_TCB"};
    DWORD size = 0;
    GetExtendedTcpTable(NULL, &size, TRUE, AF_INET, TCP_TABLE_OWNER_PID_ALL, 0);
    MIB_TCPTABLE_OWNER_PID *table = malloc(size += 65536); /* connections may be added meanwhile */
    DWORD error = GetExtendedTcpTable(table, &size, TRUE, AF_INET, TCP_TABLE_OWNER_PID_ALL, 0);
    if (error) {
        lab_error(L"%ls\r\n", lab_system_message(error));
        return 1;
    }
    lab_print(lab_text(L"\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State%ls\r\n",
                       L"\r\nアクティブな接続\r\n\r\n  プロトコル  ローカル アドレス          外部アドレス        状態%ls\r\n"),
              owners ? L"           PID" : L"");
    for (DWORD i = 0; i < table->dwNumEntries; i++) {
        const MIB_TCPROW_OWNER_PID *row = &table->table[i];
        wchar_t local[32], remote[32];
        bool listening = row->dwState == MIB_TCP_STATE_LISTEN;
        if (listening && !all)
            continue;
        lab_print(L"  TCP    %-22ls %-22ls ", endpoint(row->dwLocalAddr, row->dwLocalPort, local, 32),
                  endpoint(listening ? 0 : row->dwRemoteAddr, listening ? 0 : row->dwRemotePort, remote, 32));
        if (owners)
            lab_print(L"%-15ls %lu\r\n", states[row->dwState % 13], row->dwOwningPid);
        else
            lab_print(L"%ls\r\n", states[row->dwState % 13]);
    }
    free(table);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    bool all = false, owners = false, known = true;
    lab_fault_program(L"netstat", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    for (int i = 1; i < argc && known; i++) {
        if (lab_same(argv[i], L"-p"))
            known = ++i < argc && lab_same(argv[i], L"tcp");
        else {
            known = argv[i][0] == L'-' && wcsspn(argv[i] + 1, L"ano") == wcslen(argv[i] + 1);
            all |= wcschr(argv[i], L'a') != NULL;
            owners |= wcschr(argv[i], L'o') != NULL;
        }
    }
    if (!known) {
        lab_error(L"netstat is a trap for everything but -a -n -o -p tcp: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    int result = list(all, owners);
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
