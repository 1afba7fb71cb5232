/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   launch.exe: a worker of the WinRM endpoint. It owns one hidden console and runs exact Windows command lines in it,
   one at a time, for as long as its standard input is open.

   Why a Windows program: a Unix parent can neither pass a command line unchanged nor see more than 8 bits of an exit code.
   Why it stays: the console (two Wine processes) is paid once, not for each command.
   Why it runs itself again at start: under Wine without a display, only CREATE_NO_WINDOW gives a console with a code page.

   Requests come on standard input: 4 bytes length (little endian), then UTF-8 strings, each ended by NUL.
     run JOB CODE_PAGE STDIN STDOUT STDERR FOLDER LINE [NAME=VALUE ...]
         JOB is the name of the shell's job object; STDIN, STDOUT, STDERR are files to open; CODE_PAGE 0 is the system's OEM
         code page; FOLDER "" is the user's profile folder; variables are added to the system's and user's own.
     ctrl_c, ctrl_break, terminate
         signal the running command; ignored when none runs.
   Replies go to standard output, one line each:
     ready                  once, at start
     started PID | failed WIN32_ERROR            after run
     exited CODE LEFT       the command ended: signed 32-bit exit code, processes it left on this console */
#include <windows.h>
#include <userenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { RUN_JOB = 1, RUN_CODE_PAGE, RUN_STDIN, RUN_STDOUT, RUN_STDERR, RUN_FOLDER, RUN_LINE, RUN_VARIABLES };

typedef struct {
    WCHAR **items;
    int count;
} Strings;

static CRITICAL_SECTION guard;      /* protects command_job */
static HANDLE command_job;          /* the running command's process tree, NULL when none runs */

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        ExitProcess(ERROR_OUTOFMEMORY);
    return memory;
}

static void reply(const char *format, ...)
{
    char line[100];
    DWORD written;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)length, &written, NULL);
}

/* ---- requests ---- */

static BOOL read_exactly(void *buffer, DWORD size)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD done = 0;
    for (DWORD part; done < size; done += part)
        if (!ReadFile(input, (char *)buffer + done, size - done, &part, NULL) || part == 0)
            return FALSE;
    return TRUE;
}

static WCHAR *widen(const char *text)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    WCHAR *wide = allocate(length * sizeof *wide);
    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length);
    return wide;
}

/* Reads one request; FALSE at the end of standard input. */
static BOOL read_request(Strings *request)
{
    DWORD size;
    if (!read_exactly(&size, sizeof size))
        return FALSE;
    char *data = allocate((size_t)size + 1);
    if (!read_exactly(data, size))
        return FALSE;
    request->count = 0;
    for (DWORD at = 0; at < size; at++)
        request->count += data[at] == 0;
    request->items = allocate((request->count + 1) * sizeof *request->items);
    char *text = data;
    for (int i = 0; i < request->count; i++, text += strlen(text) + 1)
        request->items[i] = widen(text);
    free(data);
    return TRUE;
}

static void free_request(Strings *request)
{
    for (int i = 0; i < request->count; i++)
        free(request->items[i]);
    free(request->items);
}

/* ---- the command's surroundings ---- */

static BOOL same_variable(const WCHAR *left, const WCHAR *right)
{
    const WCHAR *end = wcschr(left + 1, L'=');       /* names such as "=C:" begin with the sign */
    size_t length = end ? (size_t)(end - left) + 1 : wcslen(left);
    return _wcsnicmp(left, right, length) == 0;
}

/* The system's and the user's variables as the registry has them now, with the shell's own added or put in their place. */
static WCHAR *build_environment(WCHAR **own, int count)
{
    WCHAR *base = NULL;
    HANDLE token = NULL;
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token);
    if (!CreateEnvironmentBlock((void **)&base, token, FALSE))
        base = NULL;
    if (token)
        CloseHandle(token);

    size_t total = 1;
    for (WCHAR *entry = base; entry && *entry; entry += wcslen(entry) + 1)
        total += wcslen(entry) + 1;
    for (int i = 0; i < count; i++)
        total += wcslen(own[i]) + 1;

    WCHAR *block = allocate((total + 1) * sizeof *block), *end = block;
    for (WCHAR *entry = base; entry && *entry; entry += wcslen(entry) + 1) {
        BOOL replaced = FALSE;
        for (int i = 0; i < count; i++)
            replaced |= same_variable(entry, own[i]);
        if (!replaced) {
            wcscpy(end, entry);
            end += wcslen(entry) + 1;
        }
    }
    for (int i = 0; i < count; i++) {
        wcscpy(end, own[i]);
        end += wcslen(own[i]) + 1;
    }
    if (base)
        DestroyEnvironmentBlock(base);
    return block;
}

static HANDLE open_stream(const WCHAR *path, DWORD access)
{
    SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, OPEN_EXISTING, 0, NULL);
}

static void close_stream(HANDLE stream)
{
    if (stream != INVALID_HANDLE_VALUE && stream != NULL)
        CloseHandle(stream);
}

/* The command's own job lies inside the shell's: one command can be killed with its children, and so can the whole shell. */
static HANDLE enter_jobs(const WCHAR *shell_job_name, HANDLE process)
{
    HANDLE shell_job = OpenJobObjectW(JOB_OBJECT_ALL_ACCESS, FALSE, shell_job_name);
    if (shell_job) {
        AssignProcessToJobObject(shell_job, process);
        CloseHandle(shell_job);
    }
    HANDLE job = CreateJobObjectW(NULL, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    AssignProcessToJobObject(job, process);
    return job;
}

/* ---- running and signalling ---- */

static DWORD WINAPI await_end(void *process)
{
    DWORD code = 0, on_console[2];
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    EnterCriticalSection(&guard);
    CloseHandle(command_job);
    command_job = NULL;
    LeaveCriticalSection(&guard);
    DWORD count = GetConsoleProcessList(on_console, 2);      /* the true count, even when the list is too short for it */
    reply("exited %ld %lu\n", (long)code, count ? count - 1 : 0);
    return 0;
}

static void run(Strings *request)
{
    WCHAR **field = request->items;
    UINT code_page = (UINT)wcstoul(field[RUN_CODE_PAGE], NULL, 10);
    STARTUPINFOW startup = { .cb = sizeof startup };
    PROCESS_INFORMATION process;
    WCHAR *environment = build_environment(field + RUN_VARIABLES, request->count - RUN_VARIABLES);
    WCHAR profile[MAX_PATH] = L"C:\\";
    DWORD length = MAX_PATH;
    HANDLE token = NULL;

    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        GetUserProfileDirectoryW(token, profile, &length);
        CloseHandle(token);
    }
    SetConsoleCP(code_page ? code_page : GetOEMCP());
    SetConsoleOutputCP(code_page ? code_page : GetOEMCP());
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = open_stream(field[RUN_STDIN], GENERIC_READ);
    startup.hStdOutput = open_stream(field[RUN_STDOUT], GENERIC_WRITE);
    startup.hStdError = open_stream(field[RUN_STDERR], GENERIC_WRITE);

    BOOL created = startup.hStdInput != INVALID_HANDLE_VALUE && startup.hStdOutput != INVALID_HANDLE_VALUE
        && startup.hStdError != INVALID_HANDLE_VALUE
        && CreateProcessW(NULL, field[RUN_LINE], NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT,
                          environment, *field[RUN_FOLDER] ? field[RUN_FOLDER] : profile, &startup, &process);
    DWORD error = GetLastError();
    if (created) {
        HANDLE job = enter_jobs(field[RUN_JOB], process.hProcess);
        EnterCriticalSection(&guard);
        command_job = job;
        LeaveCriticalSection(&guard);
        reply("started %lu\n", process.dwProcessId);
        ResumeThread(process.hThread);
        CloseHandle(process.hThread);
    }
    close_stream(startup.hStdInput);
    close_stream(startup.hStdOutput);
    close_stream(startup.hStdError);
    free(environment);
    if (created)
        CloseHandle(CreateThread(NULL, 0, await_end, process.hProcess, 0, NULL));
    else
        reply("failed %lu\n", error);
}

static void signal_command(const WCHAR *name)
{
    EnterCriticalSection(&guard);
    if (command_job) {
        if (wcscmp(name, L"terminate") == 0)
            TerminateJobObject(command_job, 1);
        else if (wcscmp(name, L"ctrl_c") == 0)
            GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
        else if (wcscmp(name, L"ctrl_break") == 0)      /* Wine delivers none: do what the default handler would */
            TerminateJobObject(command_job, STATUS_CONTROL_C_EXIT);
    }
    LeaveCriticalSection(&guard);
}

static BOOL WINAPI survive_signals(DWORD event)
{
    (void)event;
    return TRUE;
}

/* ---- start ---- */

static int start_on_hidden_console(void)
{
    WCHAR line[MAX_PATH + 20], path[MAX_PATH];
    STARTUPINFOW startup = { .cb = sizeof startup };
    PROCESS_INFORMATION process;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    _snwprintf(line, MAX_PATH + 20, L"\"%ls\" serve", path);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    return CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &startup, &process)
        ? 0 : (int)GetLastError();
}

int wmain(int count, WCHAR **arguments)
{
    Strings request;
    if (count < 2 || wcscmp(arguments[1], L"serve") != 0)
        return start_on_hidden_console();
    InitializeCriticalSection(&guard);
    SetConsoleCtrlHandler(survive_signals, TRUE);
    SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
    reply("ready\n");
    while (read_request(&request)) {
        if (request.count >= RUN_VARIABLES && wcscmp(request.items[0], L"run") == 0)
            run(&request);
        else if (request.count == 1)
            signal_command(request.items[0]);
        free_request(&request);
    }
    return 0;
}
