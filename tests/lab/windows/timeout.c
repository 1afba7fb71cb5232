/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   timeout.exe: refuses to wait when standard input is not a console, which it never is over WinRM. */
#include "common.h"

int wmain(int argc, wchar_t **argv)
{
    DWORD mode;
    long seconds = -2;
    for (int i = 1; i < argc; i++) {
        wchar_t *end;
        long number = wcstol(argv[i], &end, 10);
        if (end != argv[i] && !*end)
            seconds = number;
    }
    if (!GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode)) {
        lab_error(lab_text(L"ERROR: Input redirection is not supported, exiting the process immediately.\r\n",
                           L"エラー: 入力のリダイレクトはサポートされていません。今すぐプロセスを終了します。\r\n"));
        return 1;
    }
    if (seconds < -1) {
        lab_error(lab_text(L"ERROR: Invalid syntax.\r\n", L"エラー: 無効な構文です。\r\n"));
        return 1;
    }
    Sleep(seconds < 0 ? INFINITE : (DWORD)seconds * 1000);
    return 0;
}
