/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   late_sh.dll and late_u.dll: stand between Wine's cmd.exe and the libraries shell32 and user32, and load shell32 when it is first used.
   cmd.exe needs them for few things only, and loading them is almost half of the time of an ordinary command. What it asks before it starts
   any program, namely what runs it and of which type that is, is answered here. late.def has the exports; those of user32 that are not here
   are Wine's own in another library. */
#define WIN32_LEAN_AND_MEAN
#define NOUSER
#include <windows.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define WSPRINTF_LIMIT 1024 /* what the real wsprintf writes at most */
#define EXECUTABLE_TYPE 0x2000 /* SHGFI_EXETYPE */
#define FOUND 33 /* what FindExecutable returns is an error up to 32 */

static FARPROC shell_function(const char *name)
{
    return GetProcAddress(LoadLibraryW(L"shell32.dll"), name);
}

static bool is_program(const wchar_t *path)
{
    const wchar_t *extension = wcsrchr(path, L'.');
    return extension && !_wcsicmp(extension, L".exe") && path[0] && path[1] == L':' && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

void *WINAPI late_FindExecutable(wchar_t *file, wchar_t *folder, wchar_t *result)
{
    if (!folder && is_program(file)) {
        wcscpy(result, file);
        return (void *)FOUND;
    }
    return ((void *(WINAPI *)(void *, void *, void *))shell_function("FindExecutableW"))(file, folder, result);
}

int WINAPI late_SHFileOperation(void *operation)
{
    return ((int(WINAPI *)(void *))shell_function("SHFileOperationW"))(operation);
}

static bool read_at(HANDLE file, LONG place, void *buffer, DWORD size)
{
    DWORD done = 0;
    return SetFilePointer(file, place, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER && ReadFile(file, buffer, size, &done, NULL) && done == size;
}

/* As SHGetFileInfo documents SHGFI_EXETYPE: 0 for what is no program, "PE" for one of the console; with the Windows version above it for one
   with windows. */
static ULONG_PTR executable_type(const wchar_t *path)
{
    IMAGE_DOS_HEADER begin;
    IMAGE_NT_HEADERS32 head; /* the fields used here are at the same places in a 64-bit program */
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    ULONG_PTR type = 0;
    if (read_at(file, 0, &begin, sizeof begin) && begin.e_magic == IMAGE_DOS_SIGNATURE) {
        type = IMAGE_DOS_SIGNATURE;
        if (read_at(file, begin.e_lfanew, &head, sizeof head) && head.Signature == IMAGE_NT_SIGNATURE) {
            type = IMAGE_NT_SIGNATURE;
            if (head.OptionalHeader.Subsystem == IMAGE_SUBSYSTEM_WINDOWS_GUI)
                type |= (ULONG_PTR)head.OptionalHeader.MajorSubsystemVersion << 24 | (ULONG_PTR)head.OptionalHeader.MinorSubsystemVersion << 16;
        }
    }
    CloseHandle(file);
    return type;
}

ULONG_PTR WINAPI late_SHGetFileInfo(void *path, DWORD attributes, void *info, UINT size, UINT flags)
{
    if (flags == EXECUTABLE_TYPE)
        return executable_type(path);
    return ((ULONG_PTR(WINAPI *)(void *, DWORD, void *, UINT, UINT))shell_function("SHGetFileInfoW"))(path, attributes, info, size, flags);
}

BOOL WINAPI late_ShellExecuteEx(void *info)
{
    return ((BOOL(WINAPI *)(void *))shell_function("ShellExecuteExW"))(info);
}

int WINAPIV late_wsprintf(wchar_t *text, const wchar_t *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = _vsnwprintf(text, WSPRINTF_LIMIT, format, values);
    va_end(values);
    return length;
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)library, (void)reason, (void)reserved;
    return TRUE;
}
