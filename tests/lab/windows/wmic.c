/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   wmic.exe: "os get PROPERTY,... /value" (LastBootUpTime, LocalDateTime), "process call create COMMAND[,FOLDER]" and
   "process where "commandline like '%TEXT%'" get processid /value", where [x] stands for x in the text.
   Lines end with CR CR LF in the console's code page when written to a pipe. [windows] clock_offset=SECONDS shifts both times,
   [windows] wmic=missing behaves as on a server without wmic. */
#include "common.h"
#include "detach.h"

#include <stdio.h>
#include <tlhelp32.h>
#include <winternl.h>

#define TRAP_EXIT_CODE 98
#define NOT_RECOGNIZED 1
#define TICKS_PER_SECOND 10000000LL
#define TICKS_PER_MINUTE (60 * TICKS_PER_SECOND)

static long long ticks(FILETIME time)
{
    return (long long)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static FILETIME file_time(long long value)
{
    FILETIME time = {(DWORD)value, (DWORD)(value >> 32)};
    return time;
}

/* UTC time when the services came up, in ticks of a FILETIME; 0 when unknown. */
static long long boot_time(void)
{
    PROCESSENTRY32W process = {.dwSize = sizeof process};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    FILETIME created = {0, 0}, other;
    for (BOOL more = Process32FirstW(snapshot, &process); more; more = Process32NextW(snapshot, &process))
        if (lab_same(process.szExeFile, L"services.exe")) {
            HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process.th32ProcessID);
            GetProcessTimes(handle, &created, &other, &other, &other);
            CloseHandle(handle);
            break;
        }
    CloseHandle(snapshot);
    return ticks(created);
}

/* yyyymmddHHMMSS.mmmmmm+UUU in local time; UUU are the minutes east of UTC. */
static void print_time(const wchar_t *property, long long utc)
{
    FILETIME utc_time = file_time(utc), local_time;
    SYSTEMTIME t;
    FileTimeToLocalFileTime(&utc_time, &local_time);
    FileTimeToSystemTime(&local_time, &t);
    long minutes = (long)((ticks(local_time) - utc) / TICKS_PER_MINUTE);
    lab_print(L"%ls=%04u%02u%02u%02u%02u%02u.%06u%lc%03ld\r\r\n", property, t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond,
              (unsigned)(utc % TICKS_PER_SECOND / 10), minutes < 0 ? L'-' : L'+', minutes < 0 ? -minutes : minutes);
}

static int trap(void)
{
    lab_error(L"wmic is a trap for everything but 'os get LastBootUpTime,LocalDateTime /value', 'process call create' and 'process where \"commandline like ...\" get processid': not allowed in this lab\r\n");
    return TRAP_EXIT_CODE;
}

static int get_times(wchar_t *properties)
{
    bool boot = false, local = false;
    FILETIME now;
    for (wchar_t *name = wcstok(properties, L", "); name; name = wcstok(NULL, L", ")) {
        if (lab_same(name, L"LastBootUpTime"))
            boot = true;
        else if (lab_same(name, L"LocalDateTime"))
            local = true;
        else
            return trap();
    }
    GetSystemTimeAsFileTime(&now);
    long long offset = lab_setting_number(L"windows", L"clock_offset", 0) * TICKS_PER_SECOND;
    lab_print(L"\r\r\n\r\r\n");
    if (boot)
        print_time(L"LastBootUpTime", boot_time() + offset);
    if (local)
        print_time(L"LocalDateTime", ticks(now) + offset);
    lab_print(L"\r\r\n\r\r\n\r\r\n");
    return 0;
}

static int create_process(wchar_t *command, const wchar_t *folder)
{
    DWORD pid = 0, error = lab_start_detached(command, folder, &pid);
    DWORD result = !error ? 0 : error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 9 : 8;
    lab_print(lab_text(L"Executing (Win32_Process)->Create()\r\r\nMethod execution successful.\r\r\nOut Parameters:\r\r\n",
                       L"(Win32_Process)->Create() を実行しています\r\r\nメソッドが正しく実行しました。\r\r\n出力パラメーター:\r\r\n"));
    lab_print(L"instance of __PARAMETERS\r\r\n{\r\r\n");
    if (!result)
        lab_print(L"\tProcessId = %lu;\r\r\n", pid);
    lab_print(L"\tReturnValue = %lu;\r\r\n};\r\r\n\r\r\n", result);
    return 0;
}

typedef NTSTATUS(NTAPI *query_function)(HANDLE, PROCESSINFOCLASS, void *, ULONG, ULONG *);

/* The command line of a process, read from its own memory; false when it can not be read. */
static bool command_line_of(DWORD pid, wchar_t *text, size_t size)
{
    PROCESS_BASIC_INFORMATION basic;
    PEB peb;
    RTL_USER_PROCESS_PARAMETERS parameters;
    bool done = false;
    query_function query = (query_function)(void *)GetProcAddress(GetModuleHandleW(L"ntdll"), "NtQueryInformationProcess");
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    if (process && !query(process, ProcessBasicInformation, &basic, sizeof basic, NULL) &&
        ReadProcessMemory(process, basic.PebBaseAddress, &peb, sizeof peb, NULL) &&
        ReadProcessMemory(process, peb.ProcessParameters, &parameters, sizeof parameters, NULL)) {
        size_t length = parameters.CommandLine.Length / sizeof(wchar_t);
        length = length < size ? length : size - 1;
        done = ReadProcessMemory(process, parameters.CommandLine.Buffer, text, length * sizeof(wchar_t), NULL);
        text[done ? length : 0] = 0;
    }
    if (process)
        CloseHandle(process);
    return done;
}

static int find_processes(const wchar_t *condition)
{
    static const wchar_t beginning[] = L"commandline like '%";
    static wchar_t line[32768];
    wchar_t wanted[256] = L"";
    size_t length = 0;
    PROCESSENTRY32W process = {.dwSize = sizeof process};
    if (_wcsnicmp(condition, beginning, wcslen(beginning)))
        return trap();
    for (const wchar_t *next = condition + wcslen(beginning); *next && *next != L'%' && length < 255; next++)
        if (*next != L'[' && *next != L']')
            wanted[length++] = *next;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    lab_print(L"\r\r\n\r\r\n");
    for (BOOL more = Process32FirstW(snapshot, &process); more; more = Process32NextW(snapshot, &process))
        if (command_line_of(process.th32ProcessID, line, 32768) && wcsstr(line, wanted))
            lab_print(L"ProcessId=%lu\r\r\n", process.th32ProcessID);
    CloseHandle(snapshot);
    lab_print(L"\r\r\n\r\r\n");
    return 0;
}

/* As the real program, which reads its standard input when that is a pipe: it ends only when the input ends. */
static void wait_for_end_of_input(void)
{
    char buffer[256];
    DWORD count;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (GetFileType(input) == FILE_TYPE_PIPE)
        while (ReadFile(input, buffer, sizeof buffer, &count, NULL) && count)
            continue;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    wchar_t words[4096] = L"";
    lab_fault_program(L"wmic", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    if (lab_setting_is(L"windows", L"wmic", L"missing")) {
        lab_error(lab_text(L"'wmic' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
                           L"'wmic' は、内部コマンドまたは外部コマンド、\r\n操作可能なプログラムまたはバッチ ファイルとして認識されていません。\r\n"));
        return NOT_RECOGNIZED;
    }
    int result = TRAP_EXIT_CODE;
    if (argc >= 5 && lab_same(argv[1], L"os") && lab_same(argv[2], L"get") && lab_same(argv[argc - 1], L"/value")) {
        for (int i = 3; i < argc - 1; i++) /* "a,b" is one word, "a, b" two */
            wcsncat(wcsncat(words, argv[i], 1000), L" ", 1);
        result = get_times(words);
    } else if ((argc == 5 || argc == 6) && lab_same(argv[1], L"process") && lab_same(argv[2], L"call") && lab_same(argv[3], L"create")) {
        wchar_t *comma = argc == 5 ? wcsrchr(argv[4], L',') : NULL; /* "command","folder" arrives as one word */
        if (comma)
            *comma++ = 0;
        result = create_process(argv[4], comma ? comma : argc == 6 ? argv[5] : L"C:\\windows\\system32");
    } else if (argc == 7 && lab_same(argv[1], L"process") && lab_same(argv[2], L"where") && lab_same(argv[4], L"get") &&
               lab_same(argv[5], L"processid") && lab_same(argv[6], L"/value"))
        result = find_processes(argv[3]);
    else
        trap();
    wait_for_end_of_input();
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
