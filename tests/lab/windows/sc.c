/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   sc.exe: service control. The exit code is the Win32 error; labels are English on every Windows, descriptions are not. */
#include "sc.h"

#include <stdio.h>

#define TRAP_EXIT_CODE 98

static SC_HANDLE manager;

int sc_failed(const wchar_t *what, DWORD error)
{
    lab_print(L"[SC] %ls FAILED %lu:\r\n\r\n%ls\r\n\r\n", what, error, lab_system_message(error));
    return error;
}

static int succeeded(const wchar_t *what)
{
    lab_print(L"[SC] %ls SUCCESS\r\n", what);
    return 0;
}

int sc_usage(void)
{
    lab_print(lab_text(L"ERROR:  Invalid command line\r\n\r\n", L"エラー: コマンド ラインが無効です\r\n\r\n"));
    lab_print(L"DESCRIPTION:\r\n        SC is a command line program used for communicating with the\r\n"
              L"        Service Control Manager and services.\r\nUSAGE:\r\n"
              L"        sc <server> [command] [service name] <option1> <option2>...\r\n");
    return ERROR_INVALID_COMMAND_LINE;
}

static int trap(const wchar_t *what)
{
    lab_error(L"sc %ls is a trap: not allowed in this lab\r\n", what);
    return TRAP_EXIT_CODE;
}

/* --- the other verbs: `service` is open, `words` follow the service's name --- */

/* What Wine's service manager keeps but does not tell. */
static void read_registry(const wchar_t *name, bool *delayed, wchar_t *dependencies, DWORD size)
{
    wchar_t key[512];
    DWORD number = 0, number_size = sizeof number;
    _snwprintf(key, 512, L"SYSTEM\\CurrentControlSet\\Services\\%ls", name);
    RegGetValueW(HKEY_LOCAL_MACHINE, key, L"DelayedAutostart", RRF_RT_REG_DWORD, NULL, &number, &number_size);
    *delayed = number != 0;
    RegGetValueW(HKEY_LOCAL_MACHINE, key, L"DependOnService", RRF_RT_REG_MULTI_SZ, NULL, dependencies, &size);
}

static int show_config(SC_HANDLE service, const wchar_t *name)
{
    static const wchar_t *const starts[] = {L"BOOT_START", L"SYSTEM_START", L"AUTO_START", L"DEMAND_START", L"DISABLED"};
    static const wchar_t *const errors[] = {L"IGNORE", L"NORMAL", L"SEVERE", L"CRITICAL"};
    static BYTE buffer[8192];
    DWORD needed;
    QUERY_SERVICE_CONFIGW *config = (void *)buffer;
    if (!QueryServiceConfigW(service, config, sizeof buffer, &needed))
        return sc_failed(L"QueryServiceConfig", GetLastError());
    bool delayed;
    wchar_t dependencies[512] = L"", *dependency = dependencies;
    read_registry(name, &delayed, dependencies, sizeof dependencies);
    delayed = delayed && config->dwStartType == SERVICE_AUTO_START;
    lab_print(L"[SC] QueryServiceConfig SUCCESS\r\n\r\nSERVICE_NAME: %ls\r\n", name);
    lab_print(L"%ls%lx  %ls %ls\r\n", sc_label(L"TYPE"), config->dwServiceType, sc_type_name(config->dwServiceType),
              config->dwServiceType & SERVICE_INTERACTIVE_PROCESS ? L"(interactive)" : L"");
    lab_print(L"%ls%lu   %ls%ls\r\n", sc_label(L"START_TYPE"), config->dwStartType, starts[config->dwStartType % 5], delayed ? L"  (DELAYED)" : L"");
    lab_print(L"%ls%lu   %ls\r\n", sc_label(L"ERROR_CONTROL"), config->dwErrorControl, errors[config->dwErrorControl & 3]);
    lab_print(L"%ls%ls\r\n", sc_label(L"BINARY_PATH_NAME"), config->lpBinaryPathName ? config->lpBinaryPathName : L"");
    lab_print(L"%ls%ls\r\n", sc_label(L"LOAD_ORDER_GROUP"), config->lpLoadOrderGroup ? config->lpLoadOrderGroup : L"");
    lab_print(L"%ls%lu\r\n", sc_label(L"TAG"), config->dwTagId);
    lab_print(L"%ls%ls\r\n", sc_label(L"DISPLAY_NAME"), config->lpDisplayName && *config->lpDisplayName ? config->lpDisplayName : name);
    lab_print(L"%ls%ls\r\n", sc_label(L"DEPENDENCIES"), dependency);
    while (*dependency && *(dependency += wcslen(dependency) + 1))
        lab_print(L"                           : %ls\r\n", dependency);
    lab_print(L"%ls%ls\r\n", sc_label(L"SERVICE_START_NAME"), config->lpServiceStartName ? config->lpServiceStartName : L"");
    return 0;
}

struct options {
    DWORD type, start, error;
    bool delayed;
    const wchar_t *binary, *display_name, *account, *password;
    wchar_t dependencies[512]; /* each ended by a zero, all by another */
    bool has_dependencies;
};

/* Options are pairs "name=" "value"; a value glued to its name is an error, as with the real program. */
static bool read_options(int count, wchar_t **words, struct options *options)
{
    for (int i = 0; i < count; i += 2) {
        const wchar_t *name = words[i], *value = i + 1 < count ? words[i + 1] : NULL;
        if (!value)
            return false;
        if (lab_same(name, L"start=")) {
            options->delayed = lab_same(value, L"delayed-auto");
            options->start = options->delayed || lab_same(value, L"auto") ? SERVICE_AUTO_START
                             : lab_same(value, L"demand")                 ? SERVICE_DEMAND_START
                             : lab_same(value, L"disabled")               ? SERVICE_DISABLED
                                                                          : SERVICE_NO_CHANGE;
            if (options->start == SERVICE_NO_CHANGE)
                return false;
        } else if (lab_same(name, L"type=") && (lab_same(value, L"own") || lab_same(value, L"share")))
            options->type = lab_same(value, L"own") ? SERVICE_WIN32_OWN_PROCESS : SERVICE_WIN32_SHARE_PROCESS;
        else if (lab_same(name, L"error=") && (lab_same(value, L"normal") || lab_same(value, L"ignore")))
            options->error = lab_same(value, L"normal") ? SERVICE_ERROR_NORMAL : SERVICE_ERROR_IGNORE;
        else if (lab_same(name, L"binPath="))
            options->binary = value;
        else if (lab_same(name, L"DisplayName="))
            options->display_name = value;
        else if (lab_same(name, L"obj="))
            options->account = value;
        else if (lab_same(name, L"password="))
            options->password = value;
        else if (lab_same(name, L"depend=") && wcslen(value) < 510) {
            options->has_dependencies = true;
            wcscpy(options->dependencies, value);
            for (wchar_t *slash = options->dependencies; (slash = wcschr(slash, L'/'));)
                *slash++ = 0;
        } else
            return false;
    }
    return true;
}

static void note_delayed_start(SC_HANDLE service, const struct options *options)
{
    SERVICE_DELAYED_AUTO_START_INFO info = {options->delayed};
    if (options->start != SERVICE_NO_CHANGE)
        ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &info);
}

static int create(const wchar_t *name, int count, wchar_t **words)
{
    struct options options = {.type = SERVICE_WIN32_OWN_PROCESS, .start = SERVICE_DEMAND_START, .error = SERVICE_ERROR_NORMAL};
    if (!read_options(count, words, &options) || !options.binary)
        return sc_usage();
    SC_HANDLE service = CreateServiceW(manager, name, options.display_name, SERVICE_ALL_ACCESS, options.type, options.start, options.error,
                                       options.binary, NULL, NULL, options.has_dependencies ? options.dependencies : NULL, options.account, options.password);
    if (!service)
        return sc_failed(L"CreateService", GetLastError());
    note_delayed_start(service, &options);
    return succeeded(L"CreateService");
}

static int config(SC_HANDLE service, int count, wchar_t **words)
{
    struct options options = {.type = SERVICE_NO_CHANGE, .start = SERVICE_NO_CHANGE, .error = SERVICE_NO_CHANGE};
    if (!count || !read_options(count, words, &options))
        return sc_usage();
    if (!ChangeServiceConfigW(service, options.type, options.start, options.error, options.binary, NULL, NULL,
                              options.has_dependencies ? options.dependencies : NULL, options.account, options.password, options.display_name))
        return sc_failed(L"ChangeServiceConfig", GetLastError());
    note_delayed_start(service, &options);
    return succeeded(L"ChangeServiceConfig");
}

static int start(SC_HANDLE service, const wchar_t *name, int count, wchar_t **words)
{
    SERVICE_STATUS_PROCESS status;
    DWORD needed;
    if (!StartServiceW(service, count, (LPCWSTR *)words))
        return sc_failed(L"StartService", GetLastError());
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed))
        return sc_failed(L"QueryServiceStatusEx", GetLastError());
    sc_print_status(name, NULL, &status, true);
    return 0;
}

static int stop(SC_HANDLE service, const wchar_t *name)
{
    SERVICE_STATUS_PROCESS before, after = {0};
    DWORD needed;
    if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&before, sizeof before, &needed)) {
        sc_correct_killed_service(&before);
        if (before.dwCurrentState == SERVICE_STOPPED)
            return sc_failed(L"ControlService", ERROR_SERVICE_NOT_ACTIVE);
    }
    if (!ControlService(service, SERVICE_CONTROL_STOP, (SERVICE_STATUS *)&after))
        return sc_failed(L"ControlService", GetLastError());
    sc_print_status(name, NULL, &after, false);
    return 0;
}

static int act(const wchar_t *verb, const wchar_t *name, int count, wchar_t **words)
{
    static const struct {
        const wchar_t *verb, *opening; /* what the real program calls the step of opening the service */
    } verbs[] = {{L"start", L"StartService: OpenService"}, {L"stop", L"OpenService"}, {L"config", L"OpenService"}, {L"qc", L"OpenService"}, {L"delete", L"OpenService"}};
    const wchar_t *opening = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (lab_same(verb, verbs[i].verb))
            opening = verbs[i].opening;
    if (!opening)
        return trap(verb);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_ALL_ACCESS);
    if (!service)
        return sc_failed(opening, GetLastError());
    if (lab_same(verb, L"start"))
        return start(service, name, count, words);
    if (lab_same(verb, L"stop"))
        return stop(service, name);
    if (lab_same(verb, L"config"))
        return config(service, count, words);
    if (lab_same(verb, L"qc"))
        return show_config(service, name);
    return DeleteService(service) ? succeeded(L"DeleteService") : sc_failed(L"DeleteService", GetLastError());
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"sc", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    if (argc < 2)
        return sc_usage();
    if (!wcsncmp(argv[1], L"\\\\", 2))
        return trap(L"\\\\server");
    if (!(manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS)))
        return sc_failed(L"OpenSCManager", GetLastError());
    lab_fault_at(&fault, LAB_MIDDLE);
    int result;
    if (lab_same(argv[1], L"query") || lab_same(argv[1], L"queryex"))
        result = sc_query(manager, argc - 2, argv + 2, lab_same(argv[1], L"queryex"));
    else if (argc < 3)
        result = sc_usage();
    else if (lab_same(argv[1], L"create"))
        result = create(argv[2], argc - 3, argv + 3);
    else
        result = act(argv[1], argv[2], argc - 3, argv + 3);
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
