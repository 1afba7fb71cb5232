/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Secrets: read from standard input, kept only as salted SHA-256. */
#include "product.h"
#include "files.h"

#include <bcrypt.h>
#include <stdio.h>
#include <string.h>

bool read_secret(char secret[SECRET_SIZE])
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD length = 0, got;
    char character;
    while (length < SECRET_SIZE - 1 && ReadFile(input, &character, 1, &got, NULL) && got && character != '\n')
        secret[length++] = character;
    if (length && secret[length - 1] == '\r')
        length--;
    secret[length] = 0;
    return length > 0;
}

static void hexadecimal(const unsigned char *bytes, int count, char *text)
{
    for (int i = 0; i < count; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
}

static bool sha256(const char *salt, const char *secret, char text[HASH_SIZE])
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash = NULL;
    unsigned char digest[32];
    if (BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0))
        return false;
    bool good = !BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0) && !BCryptHashData(hash, (PUCHAR)salt, (ULONG)strlen(salt), 0) &&
                !BCryptHashData(hash, (PUCHAR)secret, (ULONG)strlen(secret), 0) && !BCryptFinishHash(hash, digest, sizeof digest, 0);
    if (hash)
        BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
    hexadecimal(digest, sizeof digest, text);
    return good;
}

bool hash_secret(const char *secret, struct salted_hash *result)
{
    unsigned char salt[16];
    if (BCryptGenRandom(NULL, salt, sizeof salt, BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return false;
    hexadecimal(salt, sizeof salt, result->salt);
    return sha256(result->salt, secret, result->hash);
}

bool secret_matches(const char *secret, const struct salted_hash *stored)
{
    char hash[HASH_SIZE];
    return sha256(stored->salt, secret, hash) && !strcmp(hash, stored->hash);
}

bool read_hash(const wchar_t *path, const wchar_t *section, struct salted_hash *stored)
{
    wchar_t salt[33], hash[HASH_SIZE];
    GetPrivateProfileStringW(section, L"Salt", L"", salt, 33, path);
    GetPrivateProfileStringW(section, L"SHA256", L"", hash, HASH_SIZE, path);
    snprintf(stored->salt, sizeof stored->salt, "%ls", salt);
    snprintf(stored->hash, sizeof stored->hash, "%ls", hash);
    return strlen(stored->hash) == HASH_SIZE - 1;
}

bool write_hash(const wchar_t *path, const char *section_and_lines, const struct salted_hash *stored)
{
    char text[512];
    int length = snprintf(text, sizeof text, "%sSalt=%s\r\nSHA256=%s\r\n", section_and_lines, stored->salt, stored->hash);
    return replace_data(path, text, length);
}
