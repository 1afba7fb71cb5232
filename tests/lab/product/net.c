/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "net.h"

#include <stdio.h>
#include <string.h>
#include <ws2tcpip.h>

#define ANSWER_MS 10000

void net_begin(void)
{
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
}

static bool connect_within(SOCKET connection, const struct addrinfo *address, DWORD milliseconds)
{
    u_long no_wait = 1, wait = 0;
    fd_set ready, failed;
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    ioctlsocket(connection, FIONBIO, &no_wait);
    connect(connection, address->ai_addr, (int)address->ai_addrlen);
    FD_ZERO(&ready);
    FD_ZERO(&failed);
    FD_SET(connection, &ready);
    FD_SET(connection, &failed);
    bool connected = select(0, NULL, &ready, &failed, &limit) > 0 && FD_ISSET(connection, &ready) && !FD_ISSET(connection, &failed);
    ioctlsocket(connection, FIONBIO, &wait);
    return connected;
}

SOCKET net_connect(const wchar_t *host, unsigned short port, DWORD milliseconds)
{
    char name[256], service[8];
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *address;
    snprintf(name, sizeof name, "%ls", host);
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(name, service, &hints, &address))
        return INVALID_SOCKET;
    SOCKET connection = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (connection != INVALID_SOCKET && !connect_within(connection, address, milliseconds)) {
        closesocket(connection);
        connection = INVALID_SOCKET;
    }
    freeaddrinfo(address);
    return connection;
}

bool net_answers(const wchar_t *host, unsigned short port)
{
    SOCKET connection = net_connect(host, port, 2000);
    if (connection == INVALID_SOCKET)
        return false;
    closesocket(connection);
    return true;
}

bool net_send(SOCKET connection, const char *format, ...)
{
    char line[LINE_SIZE + 2];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, LINE_SIZE, format, values);
    va_end(values);
    if (length < 0 || length >= LINE_SIZE)
        return false;
    strcpy(line + length, "\r\n");
    return send(connection, line, length + 2, 0) == length + 2;
}

static bool receive_line(SOCKET connection, char line[LINE_SIZE], DWORD milliseconds)
{
    int length = 0;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, (const char *)&milliseconds, sizeof milliseconds);
    while (length < LINE_SIZE - 1) {
        int got = recv(connection, line + length, LINE_SIZE - 1 - length, 0);
        if (got <= 0)
            return false;
        length += got;
        if (line[length - 1] == '\n') {
            line[length] = 0;
            line[strcspn(line, "\r\n")] = 0;
            return true;
        }
    }
    return false;
}

bool net_receive(SOCKET connection, char line[LINE_SIZE])
{
    return receive_line(connection, line, ANSWER_MS);
}

bool net_wait_line(SOCKET connection, char line[LINE_SIZE])
{
    return receive_line(connection, line, 0);
}
