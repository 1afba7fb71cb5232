/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_FILE L"Z:\\lab\\faults.ini"
#define PROGRAMS_LOG L"Z:\\lab\\programs.log"
#define ACCESS_VIOLATION 0xC0000005u

/* --- language --- */

bool lab_japanese(void)
{
    return GetACP() == 932;
}

const wchar_t *lab_text(const wchar_t *english, const wchar_t *japanese)
{
    return lab_japanese() ? japanese : english;
}

/* The texts of Windows, not of Wine, for the errors that the programs of the lab report. */
static const struct {
    DWORD error;
    const wchar_t *english, *japanese;
} messages[] = {
    {2, L"The system cannot find the file specified.", L"指定されたファイルが見つかりません。"},
    {3, L"The system cannot find the path specified.", L"指定されたパスが見つかりません。"},
    {5, L"Access is denied.", L"アクセスが拒否されました。"},
    {80, L"The file exists.", L"ファイルが存在します。"},
    {87, L"The parameter is incorrect.", L"パラメーターが間違っています。"},
    {1006, L"The volume for a file has been externally altered so that the opened file is no longer valid.",
     L"ファイルを格納しているボリュームが外部的に変更されたため、開かれているファイルが無効になりました。"},
    {1051, L"A stop control has been sent to a service that other running services are dependent on.",
     L"停止コントロールはほかの実行中のサービスが依存しているサービスに対して送信されました。"},
    {1053, L"The service did not respond to the start or control request in a timely fashion.",
     L"そのサービスは指定時間内に開始要求または制御要求に応答しませんでした。"},
    {1056, L"An instance of the service is already running.", L"サービスのインスタンスは既に実行中です。"},
    {1058, L"The service cannot be started, either because it is disabled or because it has no enabled devices associated with it.",
     L"サービスは無効であるか、または有効なデバイスが関連付けられていないため開始できません。"},
    {1060, L"The specified service does not exist as an installed service.",
     L"指定されたサービスはインストールされたサービスとして存在しません。"},
    {1061, L"The service cannot accept control messages at this time.",
     L"サービスは現在コントロール メッセージを受け付けることができません。"},
    {1062, L"The service has not been started.", L"サービスは開始されていません。"},
    {1066, L"The service has returned a service-specific error code.", L"サービスは固有のサービス エラー コードを返しました。"},
    {1067, L"The process terminated unexpectedly.", L"プロセスは予期せず終了しました。"},
    {1072, L"The specified service has been marked for deletion.", L"指定されたサービスは削除の対象としてマークされています。"},
    {1073, L"The specified service already exists.", L"指定されたサービスは既に存在します。"},
    {1332, L"No mapping between account names and security IDs was done.", L"アカウント名とセキュリティ ID の間のマッピングは実行されませんでした。"},
};

const wchar_t *lab_system_message(DWORD error)
{
    static wchar_t text[1024];
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i].error == error)
            return lab_text(messages[i].english, messages[i].japanese);
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text, 1024, NULL);
    while (length && (text[length - 1] == L'\r' || text[length - 1] == L'\n'))
        length--;
    text[length] = 0;
    return text;
}

/* --- output --- */

UINT lab_output_code_page(void)
{
    static UINT page; /* the same for the whole life of a program */
    if (!page)
        page = lab_setting_is(L"windows", L"encoding", L"oem") ? 0 : GetConsoleOutputCP();
    if (!page)
        page = GetOEMCP();
    return page;
}

void lab_write_list(HANDLE file, UINT code_page, const wchar_t *format, va_list values)
{
    size_t size = 1024;
    wchar_t *text = NULL;
    int length = -1;
    while (length < 0) { /* the C runtime of Windows tells only that the buffer is too small */
        text = realloc(text, size * sizeof *text);
        va_list again;
        va_copy(again, values);
        length = _vsnwprintf(text, size, format, again);
        va_end(again);
        size *= 2;
    }
    int bytes = WideCharToMultiByte(code_page, 0, text, length, NULL, 0, NULL, NULL);
    char *encoded = malloc(bytes + 1);
    WideCharToMultiByte(code_page, 0, text, length, encoded, bytes, NULL, NULL);
    DWORD written;
    WriteFile(file, encoded, bytes, &written, NULL);
    free(encoded);
    free(text);
}

void lab_write(HANDLE file, UINT code_page, const wchar_t *format, ...)
{
    va_list values;
    va_start(values, format);
    lab_write_list(file, code_page, format, values);
    va_end(values);
}

void lab_print(const wchar_t *format, ...)
{
    va_list values;
    va_start(values, format);
    lab_write_list(GetStdHandle(STD_OUTPUT_HANDLE), lab_output_code_page(), format, values);
    va_end(values);
}

void lab_error(const wchar_t *format, ...)
{
    va_list values;
    va_start(values, format);
    lab_write_list(GetStdHandle(STD_ERROR_HANDLE), lab_output_code_page(), format, values);
    va_end(values);
}

/* --- settings --- */

DWORD lab_setting(const wchar_t *section, const wchar_t *key, const wchar_t *fallback, wchar_t *value, DWORD size)
{
    return GetPrivateProfileStringW(section, key, fallback, value, size, SETTINGS_FILE);
}

long long lab_setting_number(const wchar_t *section, const wchar_t *key, long long fallback)
{
    wchar_t text[64], *end;
    if (!lab_setting(section, key, L"", text, 64))
        return fallback;
    bool hexadecimal = wcsstr(text, L"0x") || wcsstr(text, L"0X");
    long long number = hexadecimal ? (long long)_wcstoui64(text, &end, 16) : _wcstoi64(text, &end, 10);
    return end == text ? fallback : number;
}

bool lab_setting_is(const wchar_t *section, const wchar_t *key, const wchar_t *value)
{
    wchar_t text[128];
    lab_setting(section, key, L"", text, 128);
    return lab_same(text, value);
}

bool lab_disk(wchar_t drive, unsigned long long *free_bytes, unsigned long long *total_bytes)
{
    wchar_t root[] = {drive, L':', L'\\', 0}, section[] = {L'd', L'i', L's', L'k', L':', drive, 0};
    if (GetDriveTypeW(root) == DRIVE_NO_ROOT_DIR)
        return false;
    *free_bytes = lab_setting_number(section, L"free", 60000000000LL);
    *total_bytes = lab_setting_number(section, L"total", 100000000000LL);
    return true;
}

unsigned long long lab_disk_free(wchar_t drive)
{
    unsigned long long free_bytes, total_bytes;
    return lab_disk(drive, &free_bytes, &total_bytes) ? free_bytes : 0;
}

/* --- what happened --- */

void lab_note(const wchar_t *format, ...)
{
    wchar_t text[4096];
    SYSTEMTIME now;
    va_list values;
    va_start(values, format);
    _vsnwprintf(text, 4096, format, values);
    va_end(values);
    text[4095] = 0;
    HANDLE file = CreateFileW(PROGRAMS_LOG, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    GetSystemTime(&now);
    lab_write(file, CP_UTF8, L"%04u-%02u-%02uT%02u:%02u:%02u.%03uZ\t%lu\t%ls\n", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond,
              now.wMilliseconds, GetCurrentProcessId(), text);
    FlushFileBuffers(file);
    CloseHandle(file);
}

/* --- faults --- */

static const wchar_t *const kind_names[] = {L"", L"fail", L"hang", L"slow", L"nothing", L"crash"};
static const wchar_t *const when_names[] = {L"before", L"middle", L"after"};

static int index_of(const wchar_t *text, const wchar_t *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (lab_same(text, names[i]))
            return i;
    return 0;
}

bool lab_fault(const wchar_t *section, const wchar_t *version, struct lab_fault *fault)
{
    wchar_t text[64];
    memset(fault, 0, sizeof *fault);
    wcsncpy(fault->section, section, sizeof fault->section / sizeof *fault->section - 1);
    lab_setting(section, L"kind", L"", text, 64);
    enum lab_fault_kind kind = index_of(text, kind_names, 6);
    if (lab_setting(section, L"version", L"", text, 64) && (!version || !lab_same(text, version)))
        return false;
    if (!lab_setting_number(section, L"count", 1))
        return false;
    lab_setting(section, L"when", L"before", text, 64);
    fault->when = index_of(text, when_names, 3);
    fault->exit_code = (DWORD)lab_setting_number(section, L"exit_code", 1);
    fault->seconds = (DWORD)lab_setting_number(section, L"seconds", 0);
    fault->kind = kind;
    return kind != LAB_NO_FAULT;
}

bool lab_fault_program(const wchar_t *name, const wchar_t *version, struct lab_fault *fault)
{
    wchar_t section[96];
    _snwprintf(section, 96, L"program:%ls", name);
    return lab_fault(section, version, fault);
}

bool lab_fault_take(const wchar_t *section)
{
    HANDLE mutex = CreateMutexW(NULL, FALSE, L"Global\\LabFaultCount");
    WaitForSingleObject(mutex, INFINITE);
    long long count = lab_setting_number(section, L"count", -1); /* absent: always */
    if (count > 0) {
        wchar_t text[32];
        _snwprintf(text, 32, L"%lld", count - 1);
        WritePrivateProfileStringW(section, L"count", text, SETTINGS_FILE);
        WritePrivateProfileStringW(NULL, NULL, NULL, SETTINGS_FILE); /* flush */
    }
    ReleaseMutex(mutex);
    CloseHandle(mutex);
    if (count)
        lab_note(L"fault\t%ls", section);
    return count != 0;
}

void lab_fault_at(const struct lab_fault *fault, enum lab_fault_when point)
{
    /* A program that "does nothing" must stop before it does something, whatever the point. */
    enum lab_fault_when own_point = fault->kind == LAB_NOTHING ? LAB_BEFORE : fault->when;
    if (fault->kind == LAB_NO_FAULT || point != own_point || !lab_fault_take(fault->section))
        return;
    if (fault->kind != LAB_SLOW && fault->kind != LAB_HANG)
        lab_note(L"ended\t%ls", fault->section);
    switch (fault->kind) {
    case LAB_FAIL:
        ExitProcess(fault->exit_code);
    case LAB_NOTHING:
        ExitProcess(0);
    case LAB_CRASH: /* as the exit code of a real crash, without starting a debugger */
        TerminateProcess(GetCurrentProcess(), ACCESS_VIOLATION);
        break;
    case LAB_SLOW:
        Sleep(fault->seconds * 1000);
        break;
    case LAB_HANG:
        Sleep(fault->seconds ? fault->seconds * 1000 : INFINITE);
        break;
    case LAB_NO_FAULT:
        break;
    }
}

/* --- small helpers --- */

bool lab_same(const wchar_t *left, const wchar_t *right)
{
    return !_wcsicmp(left, right);
}

unsigned char *lab_read_file(const wchar_t *path, DWORD *size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    DWORD wanted = GetFileSize(file, NULL);
    unsigned char *data = malloc(wanted + 2); /* two zero bytes: the end of a UTF-16 text too */
    *size = 0;
    if (data && ReadFile(file, data, wanted, size, NULL))
        data[*size] = data[*size + 1] = 0;
    CloseHandle(file);
    return data;
}
