/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tell.exe: what a program sees of the wire.
     tell arguments ...     prints each further argument in UTF-8, one a line
     tell exit N            ends with exit code N
     tell stdin             copies its standard input
     tell ticks N MS FILE   appends a line to FILE, prints N numbers with MS milliseconds between them, ends with 5 */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

static int copy_input(void)
{
    static char buffer[65536];
    int size;
    while ((size = _read(0, buffer, sizeof buffer)) > 0)
        _write(1, buffer, size);
    return 0;
}

static int ticks(int count, int pause, const wchar_t *path)
{
    FILE *file = _wfopen(path, L"ab");
    if (!file)
        return 1;
    fputs("ran\n", file);
    fclose(file);
    for (int i = 1; i <= count; i++) {
        Sleep(pause);
        printf("%d\n", i);
        fflush(stdout);
    }
    return 5;
}

int wmain(int argc, wchar_t **argv)
{
    char text[32768];
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
    if (argc < 2)
        return 100;
    if (!wcscmp(argv[1], L"exit") && argc == 3)
        return (int)wcstol(argv[2], NULL, 10);
    if (!wcscmp(argv[1], L"stdin"))
        return copy_input();
    if (!wcscmp(argv[1], L"ticks") && argc == 5)
        return ticks(_wtoi(argv[2]), _wtoi(argv[3]), argv[4]);
    if (wcscmp(argv[1], L"arguments"))
        return 101;
    for (int i = 2; i < argc; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, argv[i], -1, text, sizeof text, NULL, NULL);
        _write(1, text, size - 1);
        _write(1, "\n", 1);
    }
    return 0;
}
