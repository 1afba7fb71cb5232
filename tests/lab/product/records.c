/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Records as text: reading, checking, rewriting. */
#include "database.h"
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned crc32(const char *data, size_t size)
{
    unsigned sum = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        sum ^= (unsigned char)data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return *line ? line + 1 : line;
}

/* The part of a line before the last semicolon; 0 when the check value that follows is wrong. */
static size_t checked_length(const char *line, size_t length)
{
    size_t body = length;
    while (body && line[body - 1] != ';')
        body--;
    if (!body || length - body != 8 || line[length] != '\n')
        return 0;
    return strtoul(line + body, NULL, 16) == crc32(line, body - 1) ? body - 1 : 0;
}

static bool in_format(const char *line, const char *schema)
{
    size_t mark = strlen(schema);
    return checked_length(line, line_length(line)) && !strncmp(line, schema, mark) && line[mark] == ';';
}

bool records_read(const wchar_t *folder, struct records *records)
{
    wchar_t path[MAX_PATH];
    char schema[VERSION_SIZE];
    DWORD size;
    memset(records, 0, sizeof *records);
    if (!schema_read(folder, records->schema))
        return false;
    records->text = (char *)lab_read_file(join(path, folder, L"records.dat"), &size);
    if (!records->text)
        return false;
    records->size = size;
    snprintf(schema, sizeof schema, "%ls", records->schema);
    for (const char *line = records->text; *line; line = next_line(line)) {
        records->count++;
        records->foreign += !in_format(line, schema);
    }
    return true;
}

void records_free(struct records *records)
{
    free(records->text);
    records->text = NULL;
}

size_t records_head(const struct records *records, int lines)
{
    const char *line = records->text;
    while (lines-- > 0)
        line = next_line(line);
    return line - records->text;
}

static int sealed_line(char *line, size_t size, const char *schema, const char *rest, size_t rest_length)
{
    int length = snprintf(line, size, "%s;%.*s", schema, (int)rest_length, rest);
    return length + snprintf(line + length, size - length, ";%08x\n", crc32(line, length));
}

int record_line(char *line, size_t size, const wchar_t *schema, const char *id, const char *text)
{
    char mark[VERSION_SIZE], time[TIME_SIZE], rest[2048];
    utc_now(time);
    snprintf(mark, sizeof mark, "%ls", schema);
    int length = snprintf(rest, sizeof rest, "%s;%s;%s", id, time, text);
    return sealed_line(line, size, mark, rest, length);
}

char *records_rewrite(const struct records *records, int lines, const wchar_t *schema, size_t *size)
{
    char mark[VERSION_SIZE];
    const char *line = records->text;
    char *text = malloc(records->size + (size_t)records->count * VERSION_SIZE + 1), *end = text;
    snprintf(mark, sizeof mark, "%ls", schema);
    for (; lines-- > 0 && *line; line = next_line(line)) {
        size_t length = line_length(line), body = checked_length(line, length);
        const char *rest = memchr(line, ';', length);
        if (body && rest) {
            rest++;
            end += sealed_line(end, text + records->size + (size_t)records->count * VERSION_SIZE + 1 - end, mark, rest, line + body - rest);
        } else { /* a damaged line stays as it is */
            memcpy(end, line, next_line(line) - line);
            end += next_line(line) - line;
        }
    }
    size_t left = records->text + records->size - line;
    memcpy(end, line, left);
    *size = end - text + left;
    return text;
}

bool records_write(const wchar_t *folder, const char *text, size_t size)
{
    wchar_t path[MAX_PATH];
    return replace_data(join(path, folder, L"records.dat"), text, size);
}

bool schema_read(const wchar_t *folder, wchar_t schema[VERSION_SIZE])
{
    wchar_t path[MAX_PATH];
    return GetPrivateProfileStringW(L"Database", L"Schema", L"", schema, VERSION_SIZE, join(path, folder, L"schema.ini")) > 0;
}

bool schema_write(const wchar_t *folder, const wchar_t *schema)
{
    wchar_t path[MAX_PATH];
    char text[64];
    int length = snprintf(text, sizeof text, "[Database]\r\nSchema=%ls\r\n", schema);
    return replace_data(join(path, folder, L"schema.ini"), text, length);
}
