/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sha256: SHA-256 as FIPS 180-4 states it, one block at a time.  The names
 * (W, K, Sigma, Ch, Maj) are those of the standard.
 */
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void
schedule(uint32_t W[64], const unsigned char *block)
{
	for (int t = 0; t < 16; t++, block += 4)
		W[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
		    (uint32_t)block[2] << 8 | block[3];
	for (int t = 16; t < 64; t++) {
		uint32_t x = W[t - 2], y = W[t - 15];
		uint32_t s1 = rotr(x, 17) ^ rotr(x, 19) ^ x >> 10;
		uint32_t s0 = rotr(y, 7) ^ rotr(y, 18) ^ y >> 3;

		W[t] = s1 + W[t - 7] + s0 + W[t - 16];
	}
}

static void
compress(uint32_t H[8], const unsigned char *block)
{
	uint32_t W[64], v[8];

	schedule(W, block);
	memcpy(v, H, sizeof(v));
	for (int t = 0; t < 64; t++) {
		uint32_t a = v[0], e = v[4];
		uint32_t Sigma1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
		uint32_t Ch = (e & v[5]) ^ (~e & v[6]);
		uint32_t T1 = v[7] + Sigma1 + Ch + K[t] + W[t];
		uint32_t Sigma0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
		uint32_t Maj = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += T1;
		v[0] = T1 + Sigma0 + Maj;
	}
	for (int i = 0; i < 8; i++)
		H[i] += v[i];
}

void
sha256_init(struct sha256 *ctx)
{
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(ctx->state, start, sizeof(start));
	ctx->bytes = 0;
}

void
sha256_update(struct sha256 *ctx, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t have = ctx->bytes % 64;

	ctx->bytes += size;
	while (size) {
		size_t n = 64 - have < size ? 64 - have : size;

		if (n == 64) {
			compress(ctx->state, p);
		} else {
			memcpy(ctx->block + have, p, n);
			if (have + n == 64)
				compress(ctx->state, ctx->block);
		}
		have = (have + n) % 64;
		p += n;
		size -= n;
	}
}

void
sha256_update_string(struct sha256 *ctx, const char *s)
{
	sha256_update(ctx, s, strlen(s) + 1);
}

void
sha256_final_hex(struct sha256 *ctx, char hex_out[SHA256_HEX_SIZE])
{
	static const unsigned char pad[64] = { 0x80 };
	static const char digits[] = "0123456789abcdef";
	uint64_t bits = ctx->bytes * 8;
	size_t have = ctx->bytes % 64;
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_update(ctx, pad, have < 56 ? 56 - have : 120 - have);
	sha256_update(ctx, length, sizeof(length));
	for (int i = 0; i < 64; i++)
		hex_out[i] = digits[ctx->state[i / 8] >> (28 - i % 8 * 4) & 15];
	hex_out[64] = '\0';
}

int
sha256_file(const char *path, char hex_out[SHA256_HEX_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char block[32768];
	struct sha256 ctx;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	sha256_init(&ctx);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			break;
		}
		sha256_update(&ctx, block, (size_t)n);
	}
	close(fd);
	if (!err)
		sha256_final_hex(&ctx, hex_out);
	return err;
}
