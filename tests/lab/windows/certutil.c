/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   certutil.exe: -hashfile, -encode, -decode, each with an optional -f. The exit code is the HRESULT.
   [windows] certutil=old prints the hash as Windows before 10 does: bytes separated by spaces. */
#include "common.h"

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <wincrypt.h>

#define TRAP_EXIT_CODE 98

static const wchar_t *symbol(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND: return L" ERROR_FILE_NOT_FOUND";
    case ERROR_PATH_NOT_FOUND: return L" ERROR_PATH_NOT_FOUND";
    case ERROR_ACCESS_DENIED: return L" ERROR_ACCESS_DENIED";
    case ERROR_INVALID_DATA: return L" ERROR_INVALID_DATA";
    case ERROR_FILE_EXISTS: return L" ERROR_FILE_EXISTS";
    case ERROR_INVALID_PARAMETER: return L" ERROR_INVALID_PARAMETER";
    case ERROR_FILE_INVALID: return L" ERROR_FILE_INVALID";
    default: return L"";
    }
}

/* `function` is the inner function that the real program names, or NULL. */
static int failed(const wchar_t *verb, const wchar_t *function, DWORD error)
{
    HRESULT result = HRESULT_FROM_WIN32(error);
    const wchar_t *message = lab_system_message(error);
    if (function)
        lab_print(lab_text(L"%ls returned %ls 0x%lx (WIN32: %lu%ls)\r\n", L"%ls により %ls が返されました 0x%lx (WIN32: %lu%ls)\r\n"), function, message, result,
                  error, symbol(error));
    lab_print(lab_text(L"CertUtil: %ls command FAILED: 0x%lx (WIN32: %lu%ls)\r\n", L"CertUtil: %ls コマンド エラーです: 0x%lx (WIN32: %lu%ls)\r\n"), verb, result,
              error, symbol(error));
    lab_print(L"CertUtil: %ls\r\n", message);
    return result;
}

static int succeeded(const wchar_t *verb)
{
    lab_print(lab_text(L"CertUtil: %ls command completed successfully.\r\n", L"CertUtil: %ls コマンドは正常に完了しました。\r\n"), verb);
    return 0;
}

static bool hash(const wchar_t *algorithm, const unsigned char *data, DWORD size, unsigned char *digest, DWORD *digest_size)
{
    BCRYPT_ALG_HANDLE provider;
    BCRYPT_HASH_HANDLE state;
    ULONG copied;
    if (BCryptOpenAlgorithmProvider(&provider, algorithm, NULL, 0))
        return false;
    bool done = !BCryptGetProperty(provider, BCRYPT_HASH_LENGTH, (PUCHAR)digest_size, sizeof *digest_size, &copied, 0) &&
                !BCryptCreateHash(provider, &state, NULL, 0, NULL, 0, 0) && !BCryptHashData(state, (PUCHAR)data, size, 0) &&
                !BCryptFinishHash(state, digest, *digest_size, 0);
    BCryptCloseAlgorithmProvider(provider, 0);
    return done;
}

static int hash_file(const wchar_t *verb, const wchar_t *path, const wchar_t *algorithm)
{
    bool old = lab_setting_is(L"windows", L"certutil", L"old");
    DWORD size, digest_size;
    unsigned char digest[64], *data = lab_read_file(path, &size);
    if (!data)
        return failed(verb, NULL, GetLastError());
    if (!size) /* an empty file can not be mapped into memory */
        return failed(verb, NULL, ERROR_FILE_INVALID);
    if (!hash(algorithm, data, size, digest, &digest_size))
        return failed(verb, NULL, ERROR_INVALID_PARAMETER);
    free(data);
    if (old)
        lab_print(lab_text(L"%ls hash of file %ls:\r\n", L"%ls ハッシュ (ファイル %ls):\r\n"), algorithm, path);
    else
        lab_print(lab_text(L"%ls hash of %ls:\r\n", L"%ls ハッシュ (対象 %ls):\r\n"), algorithm, path);
    for (DWORD i = 0; i < digest_size; i++)
        lab_print(L"%ls%02x", old && i ? L" " : L"", digest[i]);
    lab_print(L"\r\n");
    return succeeded(verb);
}

/* Base64 with the certificate lines around it, or back; NULL and the Win32 error when the input is not acceptable. */
static unsigned char *convert(bool decode, const unsigned char *data, DWORD size, DWORD *new_size)
{
    if (!size) {
        SetLastError(decode ? ERROR_INVALID_DATA : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    BOOL done = decode ? CryptStringToBinaryA((const char *)data, size, CRYPT_STRING_BASE64_ANY, NULL, new_size, NULL, NULL)
                       : CryptBinaryToStringA(data, size, CRYPT_STRING_BASE64HEADER, NULL, new_size);
    unsigned char *output = done ? malloc(*new_size + 1) : NULL;
    if (output)
        done = decode ? CryptStringToBinaryA((const char *)data, size, CRYPT_STRING_BASE64_ANY, output, new_size, NULL, NULL)
                      : CryptBinaryToStringA(data, size, CRYPT_STRING_BASE64HEADER, (char *)output, new_size);
    if (done && output)
        return output;
    SetLastError(ERROR_INVALID_DATA);
    return NULL;
}

static int code(const wchar_t *verb, bool overwrite, const wchar_t *input, const wchar_t *output, const struct lab_fault *fault)
{
    bool decode = lab_same(verb, L"-decode");
    const wchar_t *function = decode ? L"DecodeFile" : L"EncodeToFile";
    DWORD size, new_size, written;
    unsigned char *data = lab_read_file(input, &size);
    if (!data)
        return failed(verb, function, GetLastError());
    lab_print(lab_text(L"Input Length = %lu\r\n", L"入力長 = %lu\r\n"), size);
    unsigned char *converted = convert(decode, data, size, &new_size);
    if (!converted)
        return failed(verb, function, GetLastError());
    HANDLE file = CreateFileW(output, GENERIC_WRITE, 0, NULL, overwrite ? CREATE_ALWAYS : CREATE_NEW, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return failed(verb, function, GetLastError());
    WriteFile(file, converted, new_size / 2, &written, NULL);
    lab_fault_at(fault, LAB_MIDDLE);
    WriteFile(file, converted + new_size / 2, new_size - new_size / 2, &written, NULL);
    CloseHandle(file);
    lab_print(lab_text(L"Output Length = %lu\r\n", L"出力長 = %lu\r\n"), new_size);
    free(converted);
    free(data);
    return succeeded(verb);
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"certutil", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    const wchar_t *words[4] = {NULL};
    bool overwrite = false;
    int count = 0, result = TRAP_EXIT_CODE;
    for (int i = 1; i < argc && count < 4; i++) {
        if (lab_same(argv[i], L"-f") || lab_same(argv[i], L"/f"))
            overwrite = true;
        else
            words[count++] = argv[i];
    }
    const wchar_t *verb = words[0] ? words[0] : L"";
    if (lab_same(verb, L"-hashfile") && count >= 2 && count <= 3)
        result = hash_file(L"-hashfile", words[1], count == 3 ? wcsupr((wchar_t *)words[2]) : L"SHA1");
    else if ((lab_same(verb, L"-encode") || lab_same(verb, L"-decode")) && count == 3)
        result = code(verb, overwrite, words[1], words[2], &fault);
    else
        lab_error(L"certutil %ls is a trap: not allowed in this lab\r\n", verb);
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
