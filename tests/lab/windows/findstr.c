/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   findstr.exe: /c:TEXT (repeatable) or words separated by blanks, /r /l /i /v /n /o /b /e /x /m, regular expressions with . * ^ $ [..] and \.
   Lines are matched as bytes. The exit code is 0 found, 1 not found, 2 wrong use. */
#include "common.h"

#include <ctype.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAP_EXIT_CODE 98
#define PATTERNS 32

static char *patterns[PATTERNS];
static int pattern_count;
static bool regular, literal, ignore_case, invert, numbers, offsets, at_begin, at_end, names_only;

static int folded(char byte)
{
    return ignore_case ? tolower((unsigned char)byte) : (unsigned char)byte;
}

/* One element of an expression: a byte, ".", "[class]" or "\byte". Returns its length; *matches tells whether it takes `byte`. */
static size_t element(const char *at, char byte, bool *matches)
{
    if (*at == '\\' && at[1]) {
        *matches = byte && folded(at[1]) == folded(byte);
        return 2;
    }
    if (*at == '[' && strchr(at + 2, ']')) {
        const char *end = strchr(at + 2, ']');
        bool negated = at[1] == '^', inside = false;
        for (const char *item = at + 1 + negated; item < end; item++) {
            bool range = item[1] == '-' && item + 2 < end;
            int low = folded(*item), high = range ? folded(item[2]) : low;
            inside |= folded(byte) >= low && folded(byte) <= high;
            item += range ? 2 : 0;
        }
        *matches = byte && inside != negated;
        return end + 1 - at;
    }
    *matches = byte && (*at == '.' || folded(*at) == folded(byte));
    return 1;
}

/* The expression matches at the beginning of the line's rest. */
static bool matches_here(const char *expression, const char *rest)
{
    bool taken;
    if (!*expression)
        return !at_end || !*rest;
    if (*expression == '$' && !expression[1])
        return !*rest;
    size_t length = element(expression, *rest, &taken);
    if (expression[length] == '*') {
        for (;; rest++) {
            if (matches_here(expression + length + 1, rest))
                return true;
            element(expression, *rest, &taken);
            if (!taken)
                return false;
        }
    }
    return taken && matches_here(expression + length, rest + 1);
}

static bool literal_here(const char *text, const char *rest)
{
    for (; *text; text++, rest++)
        if (folded(*text) != folded(*rest))
            return false;
    return !at_end || !*rest;
}

static bool line_matches(const char *line)
{
    for (int i = 0; i < pattern_count; i++) {
        bool anchored = at_begin || (regular && *patterns[i] == '^');
        const char *pattern = patterns[i] + (regular && *patterns[i] == '^');
        const char *at = line;
        do
            if (regular ? matches_here(pattern, at) : literal_here(pattern, at))
                return true;
        while (!anchored && *at++);
    }
    return false;
}

static bool search(FILE *input, const wchar_t *name)
{
    bool found = false;
    char *line = NULL;
    size_t size = 0, length = 0;
    unsigned number = 0;
    unsigned long long offset = 0, next = 0;
    int byte;
    do {
        byte = fgetc(input);
        next++;
        if (length + 2 > size)
            line = realloc(line, size = size * 2 + 256);
        if (byte != EOF && byte != '\n') {
            line[length++] = (char)byte;
            continue;
        }
        if (byte == EOF && !length)
            break;
        if (length && line[length - 1] == '\r')
            length--;
        line[length] = 0;
        size_t end = length;
        unsigned long long begin = offset;
        length = 0;
        number++;
        offset = next;
        if (line_matches(line) == invert)
            continue;
        found = true;
        if (names_only)
            break;
        fflush(stdout);
        if (name)
            lab_print(L"%ls:", name);
        if (numbers)
            printf("%u:", number);
        if (offsets)
            printf("%llu:", begin);
        fwrite(line, 1, end, stdout);
        fputs("\r\n", stdout);
    } while (byte != EOF);
    fflush(stdout);
    if (found && names_only)
        lab_print(L"%ls\r\n", name ? name : L"(standard input)");
    free(line);
    return found;
}

static void add_pattern(const wchar_t *text, size_t length)
{
    if (pattern_count == PATTERNS)
        return;
    patterns[pattern_count] = calloc(4, length + 1);
    WideCharToMultiByte(lab_output_code_page(), 0, text, (int)length, patterns[pattern_count++], (int)(4 * length), NULL, NULL);
}

/* Reads options and, when there is no /c:, the words; returns the index of the first file, or 0 on an unknown option. */
static int read_options(int argc, wchar_t **argv)
{
    int i = 1;
    for (; i < argc && (argv[i][0] == L'/' || argv[i][0] == L'-'); i++) {
        wchar_t *option = argv[i] + 1;
        if (!_wcsnicmp(option, L"c:", 2)) {
            add_pattern(option + 2, wcslen(option + 2));
            continue;
        }
        for (; *option; option++)
            switch (towlower(*option)) {
            case L'r': regular = true; break;
            case L'l': literal = true; break;
            case L'i': ignore_case = true; break;
            case L'v': invert = true; break;
            case L'n': numbers = true; break;
            case L'o': offsets = true; break;
            case L'b': at_begin = true; break;
            case L'e': at_end = true; break;
            case L'x': at_begin = at_end = true; break;
            case L'm': names_only = true; break;
            default: return 0;
            }
    }
    if (pattern_count || i == argc)
        return i;
    regular = regular || (!literal && wcspbrk(argv[i], L".*^$[\\"));
    for (wchar_t *word = wcstok(argv[i], L" "); word; word = wcstok(NULL, L" "))
        add_pattern(word, wcslen(word));
    return i + 1;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"findstr", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
    int first = read_options(argc, argv);
    if (!first) {
        lab_error(L"findstr is a trap for everything but /c: /r /l /i /v /n /o /b /e /x /m: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    if (!pattern_count) {
        lab_error(lab_text(L"FINDSTR: Bad command line\r\n", L"FINDSTR: コマンド ラインが正しくありません\r\n"));
        return 2;
    }
    bool found = first == argc && search(stdin, NULL);
    for (int i = first; i < argc; i++) {
        FILE *file = wcspbrk(argv[i], L"*?") ? NULL : _wfopen(argv[i], L"rb");
        if (!file) {
            lab_error(lab_text(L"FINDSTR: Cannot open %ls\r\n", L"FINDSTR: %ls を開けません\r\n"), argv[i]);
            continue;
        }
        found |= search(file, argc - first > 1 || names_only ? argv[i] : NULL);
        fclose(file);
    }
    lab_fault_at(&fault, LAB_AFTER);
    return found ? 0 : 1;
}
