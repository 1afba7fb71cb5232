/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   late_sh.dll and late_u.dll: stand between Wine's cmd.exe and the libraries shell32 and user32, and load shell32 when it is first used.
   cmd.exe needs them for few things only, and loading them is almost half of the time of an ordinary command. late.def has the exports;
   those of user32 that are not here are Wine's own in another library. */
#define WIN32_LEAN_AND_MEAN
#define NOUSER
#include <windows.h>
#include <stdarg.h>
#include <stdio.h>

#define WSPRINTF_LIMIT 1024 /* what the real wsprintf writes at most */

static FARPROC shell_function(const char *name)
{
    return GetProcAddress(LoadLibraryW(L"shell32.dll"), name);
}

void *WINAPI late_FindExecutable(void *file, void *folder, void *result)
{
    return ((void *(WINAPI *)(void *, void *, void *))shell_function("FindExecutableW"))(file, folder, result);
}

int WINAPI late_SHFileOperation(void *operation)
{
    return ((int(WINAPI *)(void *))shell_function("SHFileOperationW"))(operation);
}

ULONG_PTR WINAPI late_SHGetFileInfo(void *path, DWORD attributes, void *info, UINT size, UINT flags)
{
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
