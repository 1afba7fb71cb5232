/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tasklist.exe: /fo table|csv|list, /nh, /fi "imagename eq NAME" or "pid eq N" (ne too), several filters together. */
#include "common.h"

#include <psapi.h>
#include <stdio.h>
#include <tlhelp32.h>

#define TRAP_EXIT_CODE 98
#define FILTERS 8

static struct {
    bool by_pid, equal;
    wchar_t value[128];
} filters[FILTERS];
static int filter_count;

/* "imagename eq x.exe" */
static bool add_filter(const wchar_t *text)
{
    wchar_t field[32], operator[8];
    if (filter_count == FILTERS || swscanf(text, L"%31ls %7ls %127l[^\n]", field, operator, filters[filter_count].value) != 3)
        return false;
    filters[filter_count].by_pid = lab_same(field, L"pid");
    filters[filter_count].equal = lab_same(operator, L"eq");
    filter_count++;
    return (lab_same(field, L"imagename") || lab_same(field, L"pid")) && (lab_same(operator, L"eq") || lab_same(operator, L"ne"));
}

static bool wanted(const PROCESSENTRY32W *process)
{
    for (int i = 0; i < filter_count; i++) {
        bool same = filters[i].by_pid ? wcstoul(filters[i].value, NULL, 10) == process->th32ProcessID : lab_same(filters[i].value, process->szExeFile);
        if (same != filters[i].equal)
            return false;
    }
    return true;
}

/* Working set as "12,345 K". */
static void memory(DWORD pid, wchar_t *text, size_t size)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process) {
        GetProcessMemoryInfo(process, &counters, sizeof counters);
        CloseHandle(process);
    }
    unsigned long kilobytes = (unsigned long)(counters.WorkingSetSize / 1024);
    if (kilobytes < 1000)
        _snwprintf(text, size, L"%lu K", kilobytes);
    else
        _snwprintf(text, size, L"%lu,%03lu K", kilobytes / 1000, kilobytes % 1000);
}

static void print_process(const PROCESSENTRY32W *process, const wchar_t *format)
{
    wchar_t size[32];
    memory(process->th32ProcessID, size, 32);
    if (lab_same(format, L"csv"))
        lab_print(L"\"%ls\",\"%lu\",\"Services\",\"0\",\"%ls\"\r\n", process->szExeFile, process->th32ProcessID, size);
    else if (lab_same(format, L"list"))
        lab_print(lab_text(L"\r\nImage Name:   %ls\r\nPID:          %lu\r\nSession Name: Services\r\nSession#:     0\r\nMem Usage:    %ls\r\n",
                           L"\r\nイメージ名:       %ls\r\nPID:              %lu\r\nセッション名:     Services\r\nセッション#:      0\r\nメモリ使用量:     %ls\r\n"),
                  process->szExeFile, process->th32ProcessID, size);
    else
        lab_print(L"%-25.25ls %8lu %-16ls %11d %12ls\r\n", process->szExeFile, process->th32ProcessID, L"Services", 0, size);
}

static void print_header(const wchar_t *format)
{
    if (lab_same(format, L"csv"))
        lab_print(lab_text(L"\"Image Name\",\"PID\",\"Session Name\",\"Session#\",\"Mem Usage\"\r\n",
                           L"\"イメージ名\",\"PID\",\"セッション名\",\"セッション#\",\"メモリ使用量\"\r\n"));
    else if (lab_same(format, L"table"))
        lab_print(lab_text(L"\r\nImage Name                     PID Session Name        Session#    Mem Usage\r\n"
                           L"========================= ======== ================ =========== ============\r\n",
                           L"\r\nイメージ名                     PID セッション名     セッション# メモリ使用量\r\n"
                           L"========================= ======== ================ =========== ============\r\n"));
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    const wchar_t *format = L"table";
    bool header = true, known = true, any = false;
    lab_fault_program(L"tasklist", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    for (int i = 1; i < argc && known; i++) {
        if (lab_same(argv[i], L"/nh"))
            header = false;
        else if (lab_same(argv[i], L"/fo") && i + 1 < argc)
            format = argv[++i];
        else
            known = lab_same(argv[i], L"/fi") && i + 1 < argc && add_filter(argv[++i]);
    }
    if (!known) {
        lab_error(L"tasklist is a trap for everything but /fo /nh /fi imagename or pid: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    PROCESSENTRY32W process = {.dwSize = sizeof process};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32FirstW(snapshot, &process); more; more = Process32NextW(snapshot, &process)) {
        if (!wanted(&process))
            continue;
        if (!any && header)
            print_header(format);
        any = true;
        print_process(&process, format);
    }
    if (!any)
        lab_print(lab_text(L"INFO: No tasks are running which match the specified criteria.\r\n",
                           L"情報: 指定された条件に一致するタスクは実行されていません。\r\n"));
    lab_fault_at(&fault, LAB_AFTER);
    return 0;
}
