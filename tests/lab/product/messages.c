/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "product.h"

static const struct {
    const wchar_t *id, *english, *japanese;
} messages[] = {
#define MESSAGE(name, id, english, japanese) {id, english, japanese},
#include "messages.def"
#undef MESSAGE
};

static HANDLE log_file = INVALID_HANDLE_VALUE;

bool open_log(const wchar_t *path)
{
    log_file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    return log_file != INVALID_HANDLE_VALUE;
}

static void write_list(HANDLE file, UINT code_page, const wchar_t *prefix, enum message message, va_list values)
{
    va_list again;
    va_copy(again, values);
    lab_write(file, code_page, L"%lsITDMLAB-%ls ", prefix, messages[message].id);
    lab_write_list(file, code_page, lab_text(messages[message].english, messages[message].japanese), again);
    lab_write(file, code_page, L"\r\n");
    va_end(again);
}

void say(enum message message, ...)
{
    va_list values;
    va_start(values, message);
    write_list(GetStdHandle(STD_OUTPUT_HANDLE), lab_output_code_page(), L"", message, values);
    if (log_file != INVALID_HANDLE_VALUE) {
        wchar_t time[32];
        SYSTEMTIME now;
        GetLocalTime(&now);
        _snwprintf(time, 32, L"%04d/%02d/%02d %02d:%02d:%02d ", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond);
        write_list(log_file, CP_ACP, time, message, values);
        FlushFileBuffers(log_file);
    }
    va_end(values);
}
