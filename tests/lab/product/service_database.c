/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   JP1_ITDM_DB: the database server's service. It greets with "ITDM-DB VERSION SCHEMA" and then answers
   "STORE id text" with "STORED id" once the record is durable, else with "FAILED id". */
#include "database.h"
#include "net.h"
#include "service_main.h"
#include "site.h"

#include <stdio.h>

static void store(SOCKET connection, const char *line)
{
    char id[128];
    int text = 0;
    bool stored = sscanf(line, "STORE %127s %n", id, &text) == 1 && text && record_store(id, line + text);
    net_send(connection, "%s %s", stored ? "STORED" : "FAILED", id);
}

static void serve(SOCKET connection)
{
    char line[LINE_SIZE];
    wchar_t schema[VERSION_SIZE] = L"";
    if (!database_lock())
        return;
    schema_read(site.database, schema);
    database_unlock();
    if (!net_send(connection, "ITDM-DB %ls %ls", product_version, schema))
        return;
    while (net_wait_line(connection, line) && server_begin_work()) {
        store(connection, line);
        server_end_work();
    }
}

static DWORD start(void)
{
    struct records records;
    database_recover();
    if (!database_lock())
        return DATABASE_UNUSABLE;
    bool found = records_read(site.database, &records);
    database_unlock();
    if (found && !schema_fits(records.schema, product_version)) {
        say(SAY_SERVICE_SCHEMA, SERVICE_DATABASE, product_version, records.schema);
        return SCHEMA_MISFIT;
    }
    if (!found || records.foreign) {
        say(SAY_SERVICE_DAMAGED, SERVICE_DATABASE);
        return DATABASE_UNUSABLE;
    }
    records_free(&records);
    net_begin();
    if (!server_open(PORT_DATABASE, serve)) {
        say(SAY_SERVICE_PORT, SERVICE_DATABASE, PORT_DATABASE);
        return PORT_IN_USE;
    }
    say(SAY_SERVICE_UP, SERVICE_DATABASE, product_version, PORT_DATABASE);
    return STARTS;
}

int run_service_database(int argc, wchar_t **argv)
{
    static const struct service service = {SERVICE_DATABASE, start, server_close};
    (void)argc;
    (void)argv;
    return service_run(&service);
}
