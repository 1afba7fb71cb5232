/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The parts of schtasks.exe: the command line and its answers (schtasks.c), running a task (schtasks_run.c), where tasks are kept
   and how their XML is read (schtasks_store.c). */
#ifndef LAB_SCHTASKS_H
#define LAB_SCHTASKS_H

#include "common.h"

#define TASK_NAME_SIZE 240
#define TASK_TEXT_SIZE 2048

/* Results of the Task Scheduler */
#define TASK_NEVER_RUN 0x41303
#define TASK_RUNNING 0x41301
#define TASK_TERMINATED 0x41306

struct task {
    wchar_t name[TASK_NAME_SIZE]; /* without the leading backslash */
    wchar_t command[TASK_TEXT_SIZE], arguments[TASK_TEXT_SIZE], folder[MAX_PATH];
    wchar_t user[128];
    wchar_t last_run[64]; /* local time as text; empty when never */
    DWORD last_result;
    wchar_t *xml; /* NULL when made from a command line */
};

/* --- schtasks_store.c: tasks live in HKLM\SOFTWARE\Lab\Tasks --- */
bool task_load(const wchar_t *name, struct task *task);
void task_save(const struct task *task);
void task_set_result(const struct task *task); /* last_run and last_result only */
void task_delete(const wchar_t *name);
/* The n-th task's name; false when there are no more. */
bool task_name_at(DWORD index, wchar_t *name);
/* Reads a task file (UTF-16 or UTF-8). Returns 0, or a Win32 error; ERROR_XML_ENCODING_MISMATCH and ERROR_XML_PARSE_ERROR for bad XML. */
DWORD task_read_xml(const wchar_t *path, struct task *task);

/* --- schtasks_run.c --- */
/* Starts the task's action in a process of its own that outlives this one. Returns 0 or a Win32 error. */
DWORD task_start(const struct task *task);
bool task_is_running(const wchar_t *name);
bool task_end(const wchar_t *name);
/* What the process made by task_start does: runs the action, waits, keeps its exit code. */
int task_watch(const wchar_t *name);

#endif
