/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   JP1_ITDM_Service: takes reports of agents and stores them in the database server.
   An agent says "REPORT id text" and hears "ACCEPTED id" once the record is durable there, else "REFUSED id". */
#include "database.h"
#include "net.h"
#include "service_main.h"
#include "site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE_WAIT_MS 10000 /* both servers may boot at the same time, on a busy machine */

static SOCKET database = INVALID_SOCKET;
static SRWLOCK database_use = SRWLOCK_INIT;

static void disconnect(void)
{
    closesocket(database);
    database = INVALID_SOCKET;
}

/* Connects to the database server and compares what it says about itself with this server. */
static DWORD connect_database(void)
{
    char line[LINE_SIZE], version_text[VERSION_SIZE] = "", schema_text[VERSION_SIZE] = "";
    wchar_t version[VERSION_SIZE], schema[VERSION_SIZE];
    database = net_connect(site.database_server, PORT_DATABASE, 2000);
    if (database == INVALID_SOCKET)
        return DATABASE_UNREACHABLE;
    if (!net_receive(database, line) || sscanf(line, "ITDM-DB %15s %15s", version_text, schema_text) < 1) {
        disconnect();
        return DATABASE_UNREACHABLE;
    }
    _snwprintf(version, VERSION_SIZE, L"%hs", version_text);
    _snwprintf(schema, VERSION_SIZE, L"%hs", schema_text);
    if (!lab_same(version, product_version)) {
        say(SAY_SERVICE_VERSIONS, SERVICE_MANAGER, product_version, version);
        disconnect();
        return VERSIONS_DIFFER;
    }
    if (!schema_fits(schema, product_version)) {
        say(SAY_SERVICE_SCHEMA, SERVICE_MANAGER, product_version, schema);
        disconnect();
        return SCHEMA_MISFIT;
    }
    return STARTS;
}

static DWORD wait_for_database(void)
{
    ULONGLONG begin = GetTickCount64();
    DWORD refusal;
    while ((refusal = connect_database()) == DATABASE_UNREACHABLE && GetTickCount64() - begin < DATABASE_WAIT_MS && service_progress())
        continue;
    if (refusal == DATABASE_UNREACHABLE)
        say(SAY_SERVICE_NO_DATABASE, SERVICE_MANAGER, site.database_server);
    return refusal;
}

/* True when the database server has confirmed the record. A question without an answer is never asked again: the record counts as refused. */
static bool store(const char *id, const char *text)
{
    char line[LINE_SIZE], stored_id[128];
    if (database == INVALID_SOCKET) {
        DWORD refusal = connect_database();
        if (refusal && refusal != DATABASE_UNREACHABLE)
            service_give_up(refusal);
        if (refusal)
            return false;
    }
    if (!net_send(database, "STORE %s %s", id, text) || !net_receive(database, line)) {
        say(SAY_SERVICE_LOST, SERVICE_MANAGER);
        disconnect();
        return false;
    }
    return sscanf(line, "STORED %127s", stored_id) == 1 && !strcmp(stored_id, id);
}

static void report(SOCKET connection, const char *line)
{
    char id[128] = "?";
    int text = 0;
    bool accepted = false;
    if (sscanf(line, "REPORT %127s %n", id, &text) == 1 && text) {
        AcquireSRWLockExclusive(&database_use);
        accepted = store(id, line + text);
        ReleaseSRWLockExclusive(&database_use);
    }
    net_send(connection, "%s %s", accepted ? "ACCEPTED" : "REFUSED", id);
}

static void serve(SOCKET connection)
{
    char line[LINE_SIZE];
    while (net_wait_line(connection, line) && server_begin_work()) {
        report(connection, line);
        server_end_work();
    }
}

static DWORD start(void)
{
    if (!license_registered()) {
        say(SAY_SERVICE_LICENSE, SERVICE_MANAGER);
        return LICENSE_MISSING;
    }
    net_begin();
    DWORD refusal = wait_for_database();
    if (refusal)
        return refusal;
    if (!server_open(PORT_AGENTS, serve)) {
        say(SAY_SERVICE_PORT, SERVICE_MANAGER, PORT_AGENTS);
        return PORT_IN_USE;
    }
    say(SAY_SERVICE_UP, SERVICE_MANAGER, product_version, PORT_AGENTS);
    return STARTS;
}

int run_service_manager(int argc, wchar_t **argv)
{
    static const struct service service = {SERVICE_MANAGER, start, server_close};
    (void)argc;
    (void)argv;
    return service_run(&service);
}
