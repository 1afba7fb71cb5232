/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Runs the program whose name this executable bears, and notes its beginning and its end for the lab. One that is killed, or that a fault
   ends, notes no end. */
#include "site.h"
#include "files.h"

static const struct {
    const wchar_t *name;
    int (*run)(int argc, wchar_t **argv);
    bool service;
} programs[] = {
    {L"SETUP", installer, false},          {L"stopservice", run_stopservice, false},      {L"startservice", run_startservice, false},
    {L"exportdb", run_exportdb, false},    {L"importdb", run_importdb, false},            {L"jdmsetup", run_jdmsetup, false},
    {L"licreg", run_licreg, false},        {L"dbstat", run_dbstat, false},                {L"jdmservice", run_service_manager, true},
    {L"jdmweb", run_service_web, true},    {L"jdmdb", run_service_database, true},
};

int wmain(int argc, wchar_t **argv)
{
    wchar_t path[MAX_PATH], log[MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    wchar_t *name = wcsrchr(path, L'\\') + 1;
    *wcsrchr(name, L'.') = 0;
    site_load();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!lab_same(programs[i].name, name))
            continue;
        if (programs[i].service)
            open_log(join(log, site.log, L"services.log"));
        lab_note(L"start\t%ls\t%ls\t%ls", programs[i].name, product_version, GetCommandLineW());
        int code = programs[i].run(argc, argv);
        lab_note(L"end\t%ls\t%ls\t%d", programs[i].name, product_version, code);
        return code;
    }
    lab_error(L"%ls?\r\n", name);
    return BAD_CALL;
}
