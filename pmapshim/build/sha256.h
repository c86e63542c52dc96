/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sha256: SHA-256 (FIPS 180-4), for naming sources in reports and for the
 * keys of the object cache.  Small and portable; not for secrets.
 */
#ifndef SHOOTDOWN_SHA256_H
#define SHOOTDOWN_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_SIZE 65	/* 64 digits and a NUL */

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;		/* taken so far */
	unsigned char block[64];
};

/* Start a hash. */
void
sha256_init(struct sha256 *ctx);

/* Take `size` more bytes. */
void
sha256_update(struct sha256 *ctx, const void *data, size_t size);

/* Take a string and its NUL, so that {"ab","c"} and {"a","bc"} differ. */
void
sha256_update_string(struct sha256 *ctx, const char *s);

/* End the hash and write it in lower-case hex. */
void
sha256_final_hex(struct sha256 *ctx, char hex_out[SHA256_HEX_SIZE]);

/* Hash of a whole file in hex.  Returns 0 or a negative errno. */
int
sha256_file(const char *path, char hex_out[SHA256_HEX_SIZE])
	__attribute__((warn_unused_result));

#endif
