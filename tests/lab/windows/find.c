/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   find.exe: /v /c /n /i "text" [files]. Lines are written with CR LF however they came in; the exit code is 0 found, 1 not found, 2 wrong use. */
#include "common.h"

#include <ctype.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool invert, count_only, numbers, ignore_case;
static char wanted[1024];

static bool contains(const char *line)
{
    size_t length = strlen(wanted);
    if (!length) /* nothing is found in no line, which makes /v "" the way to copy all lines */
        return false;
    for (; *line; line++)
        if (ignore_case ? !_strnicmp(line, wanted, length) : !strncmp(line, wanted, length))
            return true;
    return false;
}

/* One line of any length without its line end; false at the end of the input. */
static bool read_line(FILE *input, char **line, size_t *size)
{
    size_t length = 0;
    int byte;
    while ((byte = fgetc(input)) != EOF && byte != '\n') {
        if (length + 2 > *size)
            *line = realloc(*line, *size = *size * 2 + 256);
        (*line)[length++] = (char)byte;
    }
    if (byte == EOF && !length)
        return false;
    if (!*line)
        *line = calloc(1, *size = 256);
    if (length && (*line)[length - 1] == '\r')
        length--;
    (*line)[length] = 0;
    return true;
}

static bool search(FILE *input, bool from_file)
{
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0, found = 0;
    while (read_line(input, &line, &size)) {
        number++;
        if (contains(line) == invert)
            continue;
        found++;
        if (count_only)
            continue;
        if (numbers)
            printf("[%u]", number);
        fputs(line, stdout);
        fputs("\r\n", stdout);
    }
    if (count_only)
        printf(from_file ? ": %u\r\n" : "%u\r\n", found);
    free(line);
    return found != 0;
}

static bool search_file(const wchar_t *path)
{
    wchar_t upper[MAX_PATH];
    FILE *file = _wfopen(path, L"rb");
    if (!file) {
        lab_error(lab_text(L"File not found - %ls\r\n", L"ファイルが見つかりません - %ls\r\n"), path);
        return false;
    }
    wcsncpy(upper, path, MAX_PATH - 1);
    upper[MAX_PATH - 1] = 0;
    fflush(stdout);
    lab_print(count_only ? L"\r\n---------- %ls" : L"\r\n---------- %ls\r\n", _wcsupr(upper));
    bool found = search(file, true);
    fclose(file);
    return found;
}

/* The text must stand in quotation marks, which argv no longer shows: look behind the program's own name. */
static bool quoted_argument(void)
{
    const wchar_t *line = GetCommandLineW();
    const wchar_t *rest = wcschr(line + 1, *line == L'"' ? L'"' : L' ');
    return rest && wcschr(rest + 1, L'"');
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"find", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
    int i = 1;
    for (; i < argc && argv[i][0] == L'/'; i++) {
        wchar_t letter = towlower(argv[i][1]);
        invert |= letter == L'v';
        count_only |= letter == L'c';
        numbers |= letter == L'n';
        ignore_case |= letter == L'i';
        if (argv[i][2] || !wcschr(L"vcni", letter))
            break;
    }
    if (i >= argc || argv[i][0] == L'/' || !quoted_argument()) {
        lab_error(lab_text(L"FIND: Parameter format not correct\r\n", L"FIND: パラメーターの書式が違います\r\n"));
        return 2;
    }
    WideCharToMultiByte(lab_output_code_page(), 0, argv[i++], -1, wanted, sizeof wanted, NULL, NULL);
    bool found = i == argc && search(stdin, false);
    for (; i < argc; i++)
        found |= search_file(argv[i]);
    fflush(stdout);
    lab_fault_at(&fault, LAB_AFTER);
    return found ? 0 : 1;
}
