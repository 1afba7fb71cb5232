/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   JP1_ITDM_Web: the operation window. */
#include "net.h"
#include "service_main.h"
#include "site.h"

#include <stdio.h>
#include <string.h>

#define WINDOW "/jp1itdm/jp1itdm.jsp"

static const wchar_t page[] = L"<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>JP1/IT Desktop Management</title></head>"
                              L"<body><h1>%ls</h1><p>" PRODUCT_NAME L" %ls</p></body></html>\r\n";

static void answer(SOCKET connection, const char *status, const char *body)
{
    char head[256];
    int length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %u\r\nConnection: close\r\n\r\n",
                          status, (unsigned)strlen(body));
    send(connection, head, length, 0);
    send(connection, body, (int)strlen(body), 0);
}

/* Answers one request; the head of a request is expected to come in one piece, as browsers and probes send it. */
static void serve(SOCKET connection)
{
    char request[4096], body[2048], path[256] = "";
    wchar_t text[1024];
    int length = recv(connection, request, sizeof request - 1, 0);
    if (length <= 0 || !server_begin_work())
        return;
    request[length] = 0;
    sscanf(request, "GET %255[^ ?]", path);
    if (strcmp(path, WINDOW)) {
        answer(connection, "404 Not Found", "<h1>404</h1>\r\n");
    } else {
        _snwprintf(text, 1024, page, lab_text(L"Login", L"ログイン"), product_version);
        WideCharToMultiByte(CP_UTF8, 0, text, -1, body, sizeof body, NULL, NULL);
        answer(connection, "200 OK", body);
    }
    shutdown(connection, SD_SEND);
    server_end_work();
}

static DWORD start(void)
{
    net_begin();
    if (!server_open(PORT_WEB, serve)) {
        say(SAY_SERVICE_PORT, SERVICE_WEB, PORT_WEB);
        return PORT_IN_USE;
    }
    say(SAY_SERVICE_UP, SERVICE_WEB, product_version, PORT_WEB);
    return STARTS;
}

int run_service_web(int argc, wchar_t **argv)
{
    static const struct service service = {SERVICE_WEB, start, server_close};
    (void)argc;
    (void)argv;
    return service_run(&service);
}
