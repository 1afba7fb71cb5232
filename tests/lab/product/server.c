/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "net.h"

#include <ws2tcpip.h>

static SOCKET listener = INVALID_SOCKET;
static void (*serve_connection)(SOCKET connection);
static volatile bool closing;
static SRWLOCK work = SRWLOCK_INIT; /* shared: a question is in work; exclusive: the server closes */

static DWORD WINAPI serve(void *connection)
{
    serve_connection((SOCKET)(UINT_PTR)connection);
    closesocket((SOCKET)(UINT_PTR)connection);
    return 0;
}

static DWORD WINAPI accept_all(void *unused)
{
    (void)unused;
    while (!closing) {
        SOCKET connection = accept(listener, NULL, NULL);
        if (connection == INVALID_SOCKET)
            continue;
        HANDLE thread = CreateThread(NULL, 0, serve, (void *)(UINT_PTR)connection, 0, NULL);
        if (thread)
            CloseHandle(thread);
        else
            closesocket(connection);
    }
    return 0;
}

bool server_open(unsigned short port, void (*serve_function)(SOCKET connection))
{
    BOOL again = TRUE; /* a port whose last user has just gone; harmless in the lab, where nobody else wants it */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    serve_connection = serve_function;
    listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, (const char *)&again, sizeof again);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, SOMAXCONN)) {
        closesocket(listener);
        return false;
    }
    HANDLE thread = CreateThread(NULL, 0, accept_all, NULL, 0, NULL);
    if (thread)
        CloseHandle(thread);
    return thread != NULL;
}

void server_close(void)
{
    closing = true;
    closesocket(listener);
    AcquireSRWLockExclusive(&work); /* never released: the process ends */
}

bool server_begin_work(void)
{
    return !closing && TryAcquireSRWLockShared(&work);
}

void server_end_work(void)
{
    ReleaseSRWLockShared(&work);
}
