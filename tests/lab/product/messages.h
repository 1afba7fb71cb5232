/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Messages of the product double: an id and a text in two languages each. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdbool.h>

enum message {
#define MESSAGE(name, id, english, japanese) SAY_##name,
#include "messages.def"
#undef MESSAGE
};

/* Writes one message to standard output and, when a log is open, with the time to the log. */
void say(enum message message, ...);
/* Opens (appends to) the log of this process, written in the ANSI code page. False when it can not be opened. */
bool open_log(const wchar_t *path);

#endif
