/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   TCP: lines asked and answered, and a server with one thread per connection. */
#ifndef NET_H
#define NET_H

#include "common.h"

#include <winsock2.h>

#define PORT_AGENTS 31000
#define PORT_DATABASE 31006
#define PORT_WEB 31080
#define LINE_SIZE 2048

/* Must be called once before anything else here. */
void net_begin(void);
/* Connects within `milliseconds`; INVALID_SOCKET when nobody answers. */
SOCKET net_connect(const wchar_t *host, unsigned short port, DWORD milliseconds);
/* True when something listens there. */
bool net_answers(const wchar_t *host, unsigned short port);
/* One line each; the line end is added and removed here. A conversation is strictly question and answer. */
bool net_send(SOCKET connection, const char *format, ...);
bool net_receive(SOCKET connection, char line[LINE_SIZE]);
/* The same without a time limit: for a server that waits for the next question. */
bool net_wait_line(SOCKET connection, char line[LINE_SIZE]);

/* Listens on a port and calls `serve` in a new thread for every connection, which is closed afterwards. */
bool server_open(unsigned short port, void (*serve)(SOCKET connection));
/* Takes no new work and waits until what is in work has been answered. */
void server_close(void);
/* Around the work for one question: false when the server closes. */
bool server_begin_work(void);
void server_end_work(void);

#endif
