/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   fsutil.exe: volume diskfree, with the figures of [disk:X]. The default text is that of Windows before 10 1803;
   [windows] fsutil=new prints the newer one. */
#include "common.h"

#include <stdio.h>

#define TRAP_EXIT_CODE 98

/* 1234567 -> 1,234,567 */
static const wchar_t *grouped(unsigned long long number, wchar_t *text)
{
    wchar_t digits[32];
    int count = _snwprintf(digits, 32, L"%llu", number), out = 0;
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            text[out++] = L',';
        text[out++] = digits[i];
    }
    text[out] = 0;
    return text;
}

static void print_new(const wchar_t *label, unsigned long long bytes)
{
    static const wchar_t *const units[] = {L"B", L"KB", L"MB", L"GB", L"TB"};
    wchar_t text[48];
    double scaled = (double)bytes;
    int unit = 0;
    for (; scaled >= 1024 && unit < 4; unit++)
        scaled /= 1024;
    lab_print(L"%-32ls: %ls (%5.1f %ls)\r\n", label, grouped(bytes, text), scaled, units[unit]);
}

static int disk_free(wchar_t drive)
{
    unsigned long long free_bytes, total_bytes;
    bool newer = lab_setting_is(L"windows", L"fsutil", L"new");
    if (!lab_disk(drive, &free_bytes, &total_bytes)) {
        if (newer)
            lab_print(lab_text(L"Error 3: %ls\r\n", L"エラー 3: %ls\r\n"), lab_system_message(ERROR_PATH_NOT_FOUND));
        else
            lab_print(lab_text(L"Error:  %ls\r\n", L"エラー:  %ls\r\n"), lab_system_message(ERROR_PATH_NOT_FOUND));
        return 1;
    }
    if (newer) {
        print_new(lab_text(L"Total free bytes", L"空きバイト数の合計"), free_bytes);
        print_new(lab_text(L"Total bytes", L"合計バイト数"), total_bytes);
        print_new(lab_text(L"Total quota free bytes", L"クォータの空きバイト数の合計"), free_bytes);
        print_new(lab_text(L"Unavailable pool bytes", L"利用できないプールのバイト数"), 0);
        print_new(lab_text(L"Quota unavailable pool bytes", L"クォータの利用できないプールのバイト数"), 0);
        print_new(lab_text(L"Used bytes", L"使用済みバイト数"), total_bytes - free_bytes);
    } else {
        lab_print(lab_text(L"Total # of free bytes        : %llu\r\n", L"空きバイト総数               : %llu\r\n"), free_bytes);
        lab_print(lab_text(L"Total # of bytes             : %llu\r\n", L"バイト総数                   : %llu\r\n"), total_bytes);
        lab_print(lab_text(L"Total # of avail free bytes  : %llu\r\n", L"利用可能な空きバイト総数     : %llu\r\n"), free_bytes);
    }
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"fsutil", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    if (argc != 4 || !lab_same(argv[1], L"volume") || !lab_same(argv[2], L"diskfree")) {
        lab_error(L"fsutil is a trap for everything but 'volume diskfree X:': not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    int result = disk_free(towupper(argv[3][0]));
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
