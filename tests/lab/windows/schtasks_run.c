/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Running a scheduled task. The real service is played by a second process of this program that lives as long as the task's action:
   it owns an event (the task runs while the event exists) and a job object (to end the whole tree). */
#include "schtasks.h"

#include "detach.h"

#include <stdio.h>

#define START_LIMIT_MS 15000

static void object_name(const wchar_t *kind, const wchar_t *name, wchar_t *text)
{
    _snwprintf(text, MAX_PATH, L"Global\\LabTask%ls:%ls", kind, name);
    text[MAX_PATH - 1] = 0;
    for (wchar_t *at = text + 7; *at; at++)
        *at = *at == L'\\' ? L'|' : towlower(*at);
}

bool task_is_running(const wchar_t *name)
{
    wchar_t text[MAX_PATH];
    object_name(L"Event", name, text);
    HANDLE event = OpenEventW(SYNCHRONIZE, FALSE, text);
    if (event)
        CloseHandle(event);
    return event != NULL;
}

DWORD task_start(const struct task *task)
{
    wchar_t text[MAX_PATH], program[MAX_PATH], command[2 * MAX_PATH];
    DWORD pid;
    object_name(L"Event", task->name, text);
    HANDLE started = CreateEventW(NULL, TRUE, FALSE, text);
    GetModuleFileNameW(NULL, program, MAX_PATH);
    _snwprintf(command, 2 * MAX_PATH, L"\"%ls\" /lab-watch \"%ls\"", program, task->name);
    DWORD error = lab_start_detached(command, NULL, &pid);
    if (!error && WaitForSingleObject(started, START_LIMIT_MS) == WAIT_TIMEOUT)
        error = ERROR_TIMEOUT;
    CloseHandle(started);
    return error;
}

bool task_end(const wchar_t *name)
{
    wchar_t text[MAX_PATH];
    object_name(L"Job", name, text);
    HANDLE job = OpenJobObjectW(JOB_OBJECT_TERMINATE, FALSE, text);
    if (!job)
        return false;
    TerminateJobObject(job, TASK_TERMINATED);
    CloseHandle(job);
    for (int i = 0; i < 100 && task_is_running(name); i++)
        Sleep(50);
    return true;
}

static void note_time(wchar_t *text)
{
    SYSTEMTIME now;
    GetLocalTime(&now);
    unsigned hour = now.wHour % 12 ? now.wHour % 12 : 12;
    if (lab_japanese())
        _snwprintf(text, 64, L"%u/%02u/%02u %u:%02u:%02u", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond);
    else
        _snwprintf(text, 64, L"%u/%u/%u %u:%02u:%02u %ls", now.wMonth, now.wDay, now.wYear, hour, now.wMinute, now.wSecond, now.wHour < 12 ? L"AM" : L"PM");
}

/* Starts the action in `job`; 0 or the Win32 error. */
static DWORD start_action(const struct task *task, HANDLE job, PROCESS_INFORMATION *process)
{
    static wchar_t command[2 * TASK_TEXT_SIZE], expanded[4 * TASK_TEXT_SIZE], folder[MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};
    bool quoted = task->command[0] == L'"';
    _snwprintf(command, 2 * TASK_TEXT_SIZE, L"%ls%ls%ls%ls%ls", quoted ? L"" : L"\"", task->command, quoted ? L"" : L"\"", task->arguments[0] ? L" " : L"",
               task->arguments);
    ExpandEnvironmentStringsW(command, expanded, 4 * TASK_TEXT_SIZE);
    ExpandEnvironmentStringsW(task->folder, folder, MAX_PATH);
    if (!CreateProcessW(NULL, expanded, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, folder[0] ? folder : NULL, &startup, process))
        return GetLastError();
    AssignProcessToJobObject(job, process->hProcess);
    ResumeThread(process->hThread);
    CloseHandle(process->hThread);
    return 0;
}

int task_watch(const wchar_t *name)
{
    static struct task task;
    wchar_t text[MAX_PATH];
    PROCESS_INFORMATION process;
    if (!task_load(name, &task))
        return 1;
    object_name(L"Event", name, text);
    HANDLE started = CreateEventW(NULL, TRUE, FALSE, text);
    object_name(L"Job", name, text);
    HANDLE job = CreateJobObjectW(NULL, text);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_BREAKAWAY_OK};
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    SetEnvironmentVariableW(L"TEMP", L"C:\\windows\\temp"); /* the account SYSTEM has no user's folders */
    SetEnvironmentVariableW(L"TMP", L"C:\\windows\\temp");
    DWORD size = MAX_PATH;
    GetComputerNameW(text, &size);
    SetEnvironmentVariableW(L"USERNAME", wcscat(text, L"$"));
    note_time(task.last_run);
    task.last_result = TASK_RUNNING;
    task_set_result(&task);
    DWORD error = start_action(&task, job, &process);
    SetEvent(started);
    if (error)
        task.last_result = HRESULT_FROM_WIN32(error);
    else {
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &task.last_result);
    }
    task_set_result(&task);
    return 0;
}
