/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   schtasks.exe: /create (/xml FILE, or /tr COMMAND with /sc), /run, /query, /end, /delete. Tasks never start by themselves. */
#include "schtasks.h"

#include <stdio.h>
#include <stdlib.h>

#define TRAP_EXIT_CODE 98
#define COMMAND_LIMIT 261

static struct {
    const wchar_t *name, *xml, *command, *schedule, *user, *format;
    bool force, as_xml, no_header, verbose;
} options = {.format = L"table"};

static int failed(const wchar_t *message)
{
    lab_error(lab_text(L"ERROR: %ls\r\n", L"エラー: %ls\r\n"), message);
    return 1;
}

static int succeeded(const wchar_t *english, const wchar_t *japanese, const wchar_t *name)
{
    lab_print(lab_text(L"SUCCESS: ", L"成功: "));
    lab_print(lab_text(english, japanese), name);
    lab_print(L"\r\n");
    return 0;
}

/* Reads /name value pairs; false when there is one that this double does not know. */
static bool read_options(int count, wchar_t **words)
{
    const struct {
        const wchar_t *name;
        const wchar_t **value;
        bool *flag;
    } known[] = {{L"/tn", &options.name, NULL},      {L"/tr", &options.command, NULL},       {L"/sc", &options.schedule, NULL}, {L"/ru", &options.user, NULL},
                 {L"/fo", &options.format, NULL},    {L"/f", NULL, &options.force},          {L"/nh", NULL, &options.no_header}, {L"/v", NULL, &options.verbose},
                 {L"/st", &(const wchar_t *){NULL}, NULL}, {L"/sd", &(const wchar_t *){NULL}, NULL}, {L"/rl", &(const wchar_t *){NULL}, NULL}};
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known && !found; k++)
            if ((found = lab_same(words[i], known[k].name))) {
                if (known[k].flag)
                    *known[k].flag = true;
                else if (i + 1 < count)
                    *known[k].value = words[++i];
                else
                    return false;
            }
        if (!found && lab_same(words[i], L"/xml")) { /* a value when creating, none (or "one") when querying */
            options.as_xml = found = true;
            if (i + 1 < count && words[i + 1][0] != L'/')
                options.xml = words[++i];
        }
        if (!found)
            return false;
    }
    if (options.name && *options.name == L'\\')
        options.name++;
    return !options.name || wcslen(options.name) < TASK_NAME_SIZE;
}

/* Asks as the real program does; only an answer on standard input lets it go on. */
static bool may_replace(void)
{
    char answer = 0;
    DWORD count = 0;
    lab_print(lab_text(L"WARNING: The task name \"%ls\" already exists. Do you want to replace it (Y/N)? ",
                       L"警告: タスク名 \"%ls\" は既に存在します。置き換えますか (Y/N)? "),
              options.name);
    return ReadFile(GetStdHandle(STD_INPUT_HANDLE), &answer, 1, &count, NULL) && count && (answer == 'y' || answer == 'Y');
}

static int create(void)
{
    static struct task task, old;
    if (!options.name || !(options.xml || options.command))
        return failed(lab_text(L"Invalid syntax. Mandatory option 'tn', 'tr' or 'xml' is missing.", L"構文が無効です。必須オプションが指定されていません。"));
    wcscpy(task.name, options.name);
    task.last_result = TASK_NEVER_RUN;
    if (options.xml) {
        DWORD error = task_read_xml(options.xml, &task);
        if (error == ERROR_XML_ENCODING_MISMATCH || error == ERROR_XML_PARSE_ERROR) {
            failed(lab_text(L"The task XML is malformed.", L"タスク XML の形式が正しくありません。"));
            lab_error(L"(1,40)::%ls\r\n", error == ERROR_XML_PARSE_ERROR ? L"ERROR: incorrect document syntax" : L"ERROR: unable to switch the encoding");
            return 1;
        }
        if (error)
            return failed(lab_system_message(error));
    } else {
        if (!options.schedule)
            return failed(lab_text(L"Invalid syntax. Mandatory option 'sc' is missing.", L"構文が無効です。必須オプション 'sc' がありません。"));
        if (wcslen(options.command) > COMMAND_LIMIT)
            return failed(lab_text(L"Invalid syntax. Value for '/tr' option cannot be more than 261 character(s).",
                                   L"構文が無効です。'/tr' オプションの値は 261 文字以下でなければなりません。"));
        /* The first word, which may be quoted, is the program. */
        const wchar_t *end = options.command[0] == L'"' ? wcschr(options.command + 1, L'"') : wcschr(options.command, L' ');
        size_t length = !end ? wcslen(options.command) : (size_t)(end - options.command) + (*end == L'"');
        wcsncpy(task.command, options.command, length);
        const wchar_t *rest = options.command + length;
        wcscpy(task.arguments, rest + wcsspn(rest, L" "));
    }
    if (options.user && !lab_same(options.user, L"SYSTEM") && !lab_same(options.user, L"NT AUTHORITY\\SYSTEM") && !lab_same(options.user, L"S-1-5-18")) {
        lab_error(L"schtasks /ru with another account than SYSTEM is a trap: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    if (options.user)
        wcscpy(task.user, options.user);
    if (!options.force && task_load(options.name, &old) && !may_replace())
        return failed(lab_text(L"The task was not replaced.", L"タスクは置き換えられませんでした。"));
    task_save(&task);
    return succeeded(L"The scheduled task \"%ls\" has successfully been created.", L"スケジュール タスク \"%ls\" は正しく作成されました。", options.name);
}

static const wchar_t *status(const struct task *task)
{
    return task_is_running(task->name) ? lab_text(L"Running", L"実行中") : lab_text(L"Ready", L"準備完了");
}

/* A task that was running when the machine went down never told its result. */
static long last_result(const struct task *task)
{
    return (long)(task->last_result == TASK_RUNNING && !task_is_running(task->name) ? TASK_TERMINATED : task->last_result);
}

static void print_task(const struct task *task)
{
    const wchar_t *never = lab_text(L"11/30/1999 12:00:00 AM", L"1999/11/30 0:00:00"), *last_run = task->last_run[0] ? task->last_run : never;
    wchar_t computer[64] = L"";
    DWORD size = 64;
    GetComputerNameW(computer, &size);
    bool csv = lab_same(options.format, L"csv");
    if (csv && options.verbose) {
        lab_print(L"\"%ls\",\"\\%ls\",\"N/A\",\"%ls\",\"%ls\",\"%ls\",\"%ld\",\"N/A\",\"%ls %ls\",\"%ls\",\"N/A\",\"%ls\",", computer, task->name, status(task),
                  lab_text(L"Interactive/Background", L"対話型/バックグラウンド"), last_run, last_result(task), task->command, task->arguments,
                  task->folder[0] ? task->folder : L"N/A", lab_text(L"Enabled", L"有効"));
        lab_print(L"\"%ls\",\"\",\"%ls\",\"%ls\",\"72:00:00\",", lab_text(L"Disabled", L"無効"), task->user[0] ? task->user : L"SYSTEM", lab_text(L"Disabled", L"無効"));
        lab_print(L"\"Scheduling data is not available in this format.\",\"On demand only\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\"\r\n");
    } else if (csv)
        lab_print(L"\"\\%ls\",\"N/A\",\"%ls\"\r\n", task->name, status(task));
    else if (lab_same(options.format, L"list"))
        lab_print(lab_text(L"\r\nFolder: \\\r\nHostName:      %ls\r\nTaskName:      \\%ls\r\nNext Run Time: N/A\r\nStatus:        %ls\r\nLast Run Time: %ls\r\nLast Result:   %ld\r\n",
                           L"\r\nフォルダー: \\\r\nホスト名:                       %ls\r\nタスク名:                       \\%ls\r\n次回の実行時刻:                 N/A\r\n"
                           L"状態:                           %ls\r\n前回の実行時刻:                 %ls\r\n前回の結果:                     %ld\r\n"),
                  computer, task->name, status(task), last_run, last_result(task));
    else
        lab_print(L"%-40ls %-22ls %-15ls\r\n", task->name, L"N/A", status(task));
}

static void print_header(void)
{
    if (options.no_header || lab_same(options.format, L"list"))
        return;
    if (lab_same(options.format, L"table"))
        lab_print(lab_text(L"\r\nFolder: \\\r\nTaskName                                 Next Run Time          Status         \r\n",
                           L"\r\nフォルダー: \\\r\nタスク名                                 次回の実行時刻         状態           \r\n"));
    if (lab_same(options.format, L"table"))
        lab_print(L"======================================== ====================== ===============\r\n");
    else if (!options.verbose)
        lab_print(lab_text(L"\"TaskName\",\"Next Run Time\",\"Status\"\r\n", L"\"タスク名\",\"次回の実行時刻\",\"状態\"\r\n"));
    else
        lab_print(lab_text(L"\"HostName\",\"TaskName\",\"Next Run Time\",\"Status\",\"Logon Mode\",\"Last Run Time\",\"Last Result\",\"Author\",\"Task To Run\",\"Start In\","
                           L"\"Comment\",\"Scheduled Task State\",\"Idle Time\",\"Power Management\",\"Run As User\",\"Delete Task If Not Rescheduled\","
                           L"\"Stop Task If Runs X Hours and X Mins\",\"Schedule\",\"Schedule Type\",\"Start Time\",\"Start Date\",\"End Date\",\"Days\",\"Months\","
                           L"\"Repeat: Every\",\"Repeat: Until: Time\",\"Repeat: Until: Duration\",\"Repeat: Stop If Still Running\"\r\n",
                           L"\"ホスト名\",\"タスク名\",\"次回の実行時刻\",\"状態\",\"ログオン モード\",\"前回の実行時刻\",\"前回の結果\",\"作成者\",\"実行するタスク\",\"開始\","
                           L"\"コメント\",\"スケジュールされたタスクの状態\",\"アイドル時間\",\"電源管理\",\"ユーザーとして実行\",\"再度スケジュールされない場合はタスクを削除する\","
                           L"\"タスクを停止するまでの時間\",\"スケジュール\",\"スケジュールの種類\",\"開始時刻\",\"開始日\",\"終了日\",\"日\",\"月\","
                           L"\"繰り返し: 間隔\",\"繰り返し: 終了時刻\",\"繰り返し: 期間\",\"繰り返し: 実行中の場合は停止\"\r\n"));
}

static int query(void)
{
    static struct task task;
    wchar_t name[TASK_NAME_SIZE];
    if (options.name && !task_load(options.name, &task))
        return failed(lab_system_message(ERROR_FILE_NOT_FOUND));
    if (options.as_xml) {
        if (!options.name || !task.xml) {
            lab_error(L"schtasks /query /xml without a task made from XML is a trap: not allowed in this lab\r\n");
            return TRAP_EXIT_CODE;
        }
        lab_print(L"%ls\r\n", task.xml);
        return 0;
    }
    print_header();
    if (options.name)
        print_task(&task);
    for (DWORD i = 0; !options.name && task_name_at(i, name); i++)
        if (task_load(name, &task))
            print_task(&task);
    return 0;
}

static int run(void)
{
    static struct task task;
    if (!task_load(options.name, &task))
        return failed(lab_system_message(ERROR_FILE_NOT_FOUND));
    if (task_is_running(options.name)) /* the default policy for a second start is to ignore it */
        lab_print(lab_text(L"INFO: scheduled task \"%ls\" is currently running.\r\n", L"情報: スケジュール タスク \"%ls\" は現在実行中です。\r\n"), options.name);
    else {
        DWORD error = task_start(&task);
        if (error)
            return failed(lab_system_message(error));
    }
    return succeeded(L"Attempted to run the scheduled task \"%ls\".", L"スケジュール タスク \"%ls\" の実行が試みられました。", options.name);
}

static int delete(void)
{
    static struct task task;
    if (!task_load(options.name, &task))
        return failed(lab_system_message(ERROR_FILE_NOT_FOUND));
    if (!options.force) {
        lab_error(L"schtasks /delete without /f would wait for an answer: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    task_delete(options.name);
    return succeeded(L"The scheduled task \"%ls\" was successfully deleted.", L"スケジュール タスク \"%ls\" は正しく削除されました。", options.name);
}

static int end(void)
{
    static struct task task;
    if (!task_load(options.name, &task))
        return failed(lab_system_message(ERROR_FILE_NOT_FOUND));
    task_end(options.name);
    return succeeded(L"The scheduled task \"%ls\" has been terminated successfully.", L"スケジュール タスク \"%ls\" は正しく中断されました。", options.name);
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    if (argc == 3 && lab_same(argv[1], L"/lab-watch"))
        return task_watch(argv[2]);
    lab_fault_program(L"schtasks", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    const wchar_t *verb = argc > 1 ? argv[1] : L"";
    bool known = argc > 1 && read_options(argc - 2, argv + 2);
    int result = TRAP_EXIT_CODE;
    if (known && lab_same(verb, L"/create"))
        result = create();
    else if (known && lab_same(verb, L"/query"))
        result = query();
    else if (known && options.name && lab_same(verb, L"/run"))
        result = run();
    else if (known && options.name && lab_same(verb, L"/delete"))
        result = delete();
    else if (known && options.name && lab_same(verb, L"/end"))
        result = end();
    else
        lab_error(L"schtasks %ls with these options is a trap: not allowed in this lab\r\n", verb);
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
