/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Where scheduled tasks are kept, and how their XML is read. */
#include "schtasks.h"

#include <stdlib.h>
#include <string.h>

#define KEY L"SOFTWARE\\Lab\\Tasks"
#define ACCESS (KEY_ALL_ACCESS | KEY_WOW64_64KEY)

/* --- the store --- */

/* A task's folders are part of its name; in the registry a backslash would make subkeys. */
static void key_name(const wchar_t *name, wchar_t *key)
{
    wcscpy(key, name);
    for (; *key; key++)
        if (*key == L'\\')
            *key = L'|';
}

static HKEY open_root(void)
{
    HKEY root = NULL;
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0, ACCESS, NULL, &root, NULL);
    return root;
}

static HKEY open_task(const wchar_t *name, bool create)
{
    wchar_t child[TASK_NAME_SIZE];
    HKEY root = open_root(), key = NULL;
    key_name(name, child);
    if (create)
        RegCreateKeyExW(root, child, 0, NULL, 0, ACCESS, NULL, &key, NULL);
    else
        RegOpenKeyExW(root, child, 0, ACCESS, &key);
    RegCloseKey(root);
    return key;
}

static void get_text(HKEY key, const wchar_t *name, wchar_t *text, DWORD characters)
{
    DWORD size = characters * sizeof *text;
    if (RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, text, &size))
        *text = 0;
}

static void set_text(HKEY key, const wchar_t *name, const wchar_t *text)
{
    RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, (wcslen(text) + 1) * sizeof *text);
}

bool task_load(const wchar_t *name, struct task *task)
{
    DWORD size = sizeof task->last_result;
    HKEY key = open_task(name, false);
    if (!key)
        return false;
    memset(task, 0, sizeof *task);
    get_text(key, L"Name", task->name, TASK_NAME_SIZE);
    get_text(key, L"Command", task->command, TASK_TEXT_SIZE);
    get_text(key, L"Arguments", task->arguments, TASK_TEXT_SIZE);
    get_text(key, L"Folder", task->folder, MAX_PATH);
    get_text(key, L"User", task->user, 128);
    get_text(key, L"LastRun", task->last_run, 64);
    RegGetValueW(key, NULL, L"LastResult", RRF_RT_REG_DWORD, NULL, &task->last_result, &size);
    size = 0;
    if (!RegGetValueW(key, NULL, L"Xml", RRF_RT_REG_SZ, NULL, NULL, &size) && (task->xml = malloc(size)))
        RegGetValueW(key, NULL, L"Xml", RRF_RT_REG_SZ, NULL, task->xml, &size);
    RegCloseKey(key);
    return true;
}

void task_set_result(const struct task *task)
{
    HKEY key = open_task(task->name, false);
    if (!key) /* deleted while it ran */
        return;
    set_text(key, L"LastRun", task->last_run);
    RegSetValueExW(key, L"LastResult", 0, REG_DWORD, (const BYTE *)&task->last_result, sizeof task->last_result);
    RegCloseKey(key);
}

void task_save(const struct task *task)
{
    task_delete(task->name);
    HKEY key = open_task(task->name, true);
    set_text(key, L"Name", task->name);
    set_text(key, L"Command", task->command);
    set_text(key, L"Arguments", task->arguments);
    set_text(key, L"Folder", task->folder);
    set_text(key, L"User", task->user);
    if (task->xml)
        set_text(key, L"Xml", task->xml);
    RegCloseKey(key);
    task_set_result(task);
}

void task_delete(const wchar_t *name)
{
    wchar_t child[TASK_NAME_SIZE];
    HKEY root = open_root();
    key_name(name, child);
    RegDeleteTreeW(root, child);
    RegCloseKey(root);
}

bool task_name_at(DWORD index, wchar_t *name)
{
    DWORD size = TASK_NAME_SIZE;
    HKEY root = open_root();
    bool found = !RegEnumKeyExW(root, index, name, &size, NULL, NULL, NULL, NULL);
    RegCloseKey(root);
    for (; found && *name; name++)
        if (*name == L'|')
            *name = L'\\';
    return found;
}

/* --- the XML --- */

/* The text between <tag> and </tag>, with the five entities resolved; false when the element is missing. */
static bool element(const wchar_t *xml, const wchar_t *tag, wchar_t *text, size_t size)
{
    static const struct {
        const wchar_t *entity;
        wchar_t character;
    } entities[] = {{L"&lt;", L'<'}, {L"&gt;", L'>'}, {L"&quot;", L'"'}, {L"&apos;", L'\''}, {L"&amp;", L'&'}};
    wchar_t opening[64] = L"<", closing[64] = L"</";
    wcscat(wcscat(opening, tag), L">");
    wcscat(wcscat(closing, tag), L">");
    const wchar_t *at = wcsstr(xml, opening), *end = at ? wcsstr(at, closing) : NULL;
    size_t length = 0;
    *text = 0;
    if (!end)
        return false;
    for (at += wcslen(opening); at < end && length + 1 < size; length++) {
        size_t skip = 1;
        text[length] = *at;
        for (int i = 0; i < 5; i++)
            if (!wcsncmp(at, entities[i].entity, wcslen(entities[i].entity))) {
                text[length] = entities[i].character;
                skip = wcslen(entities[i].entity);
            }
        at += skip;
    }
    text[length] = 0;
    return true;
}

/* The text of a UTF-16 or UTF-8 file; NULL when a UTF-8 file says that it is UTF-16, which Windows refuses. */
static wchar_t *decode(unsigned char *data, DWORD size)
{
    if (size >= 2 && data[0] == 0xff && data[1] == 0xfe)
        return _wcsdup((wchar_t *)(data + 2));
    const char *start = (char *)data + (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0);
    if (strstr(start, "encoding=\"UTF-16\"") || strstr(start, "encoding='UTF-16'"))
        return NULL;
    int length = MultiByteToWideChar(CP_UTF8, 0, start, -1, NULL, 0);
    wchar_t *text = malloc(length * sizeof *text);
    MultiByteToWideChar(CP_UTF8, 0, start, -1, text, length);
    return text;
}

DWORD task_read_xml(const wchar_t *path, struct task *task)
{
    DWORD size;
    unsigned char *data = lab_read_file(path, &size);
    if (!data)
        return GetLastError();
    task->xml = decode(data, size);
    free(data);
    if (!task->xml)
        return ERROR_XML_ENCODING_MISMATCH;
    if (!wcsstr(task->xml, L"<Task") || !wcsstr(task->xml, L"</Task>") || !wcsstr(task->xml, L"http://schemas.microsoft.com/windows/2004/02/mit/task") ||
        !wcsstr(task->xml, L"<Exec>") || !element(task->xml, L"Command", task->command, TASK_TEXT_SIZE))
        return ERROR_XML_PARSE_ERROR;
    element(task->xml, L"Arguments", task->arguments, TASK_TEXT_SIZE);
    element(task->xml, L"WorkingDirectory", task->folder, MAX_PATH);
    element(task->xml, L"UserId", task->user, 128);
    return 0;
}
