/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of pmapshim/build/sha256: the vectors of FIPS 180-2 appendix B, the
 * lengths around a block, and hashing in pieces.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../pmapshim/build/sha256.h"

static const struct {
	const char *text, *hex;
} vectors[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb924"
	      "27ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223"
		 "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039"
	  "a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b049237"
	  "0b249b11e8f07a51afac45037afee9d1" },
};

START_TEST(a_published_vector_hashes_as_published)
{
	char hex[SHA256_HEX_SIZE];
	struct sha256 h;

	sha256_init(&h);
	sha256_update(&h, vectors[_i].text, strlen(vectors[_i].text));
	sha256_final_hex(&h, hex);
	ck_assert_str_eq(hex, vectors[_i].hex);
}
END_TEST

START_TEST(a_million_letters_hash_as_published)
{
	char block[1000], hex[SHA256_HEX_SIZE];
	struct sha256 h;

	memset(block, 'a', sizeof(block));
	sha256_init(&h);
	for (int i = 0; i < 1000; i++)
		sha256_update(&h, block, sizeof(block));
	sha256_final_hex(&h, hex);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(pieces_hash_as_the_whole_at_every_length)
{
	unsigned char data[200];
	char whole[SHA256_HEX_SIZE], pieces[SHA256_HEX_SIZE];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t n = 0; n < sizeof(data); n++) {
		struct sha256 a, b;

		sha256_init(&a);
		sha256_update(&a, data, n);
		sha256_final_hex(&a, whole);
		sha256_init(&b);
		for (size_t i = 0, k; i < n; i += k) {
			k = i % 13 + 1 < n - i ? i % 13 + 1 : n - i;
			sha256_update(&b, data + i, k);
		}
		sha256_final_hex(&b, pieces);
		ck_assert_msg(!strcmp(whole, pieces), "length %zu", n);
	}
}
END_TEST

START_TEST(strings_are_hashed_with_their_ends)
{
	char one[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE];
	struct sha256 h;

	sha256_init(&h);
	sha256_update_string(&h, "ab");
	sha256_update_string(&h, "c");
	sha256_final_hex(&h, one);
	sha256_init(&h);
	sha256_update_string(&h, "a");
	sha256_update_string(&h, "bc");
	sha256_final_hex(&h, two);
	ck_assert_str_ne(one, two);
}
END_TEST

START_TEST(a_file_hashes_as_its_content)
{
	char path[] = "/tmp/sha256.XXXXXX", hex[SHA256_HEX_SIZE] = "kept";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "abc", 3), 3);
	close(fd);
	ck_assert_int_eq(sha256_file(path, hex), 0);
	ck_assert_str_eq(hex, vectors[1].hex);
	unlink(path);
	strcpy(hex, "kept");
	ck_assert_int_eq(sha256_file(path, hex), -ENOENT);
	ck_assert_str_eq(hex, "kept");
	ck_assert_int_eq(sha256_file("/", hex), -EISDIR);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sha256");
	TCase *tc = tcase_create("sha256");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, a_published_vector_hashes_as_published, 0,
	    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(tc, a_million_letters_hash_as_published);
	tcase_add_test(tc, pieces_hash_as_the_whole_at_every_length);
	tcase_add_test(tc, strings_are_hashed_with_their_ends);
	tcase_add_test(tc, a_file_hashes_as_its_content);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
