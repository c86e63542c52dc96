/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_files: see litmus_files.h.
 */
#include "tests/unit/litmus_files.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/litmus_equal.h"

const char litmus_everything[] =
"X86VM every+thing-1.2\n"
"\"one line\"\n"
"(* comments (* nest *) *)\n"
"{\n"
"  cr4 = PGE PCIDE; sc; machine nospec; host tlfs,globals=keep,rep=0x2;\n"
"  cpu amd,splinter=yes,invlpgb_max=9; dirty always; levels 5;\n"
"  frame a = 0x1; frame b; table t;\n"
"  space s0; space s1 pcid=1;\n"
"  page x; page y at 0x40000000; page z;\n"
"  x -> a; y -> b (-W, G, -A, NX, PWT, PCD, PAT); s1:x -> none;\n"
"  PDE(x) -> t (-A); s1:PDE(y) -> a (PS, PAT);\n"
"  PDPTE(x) -> t; PML4E(x) -> t; PML5E(x) -> none;\n"
"  P1: space=s1, mode=user, if=0, vp=65;\n"
"}\n"
"P0 | P1 | P1.handler | P2 ;\n"
"L0: MOV r0,[x+8] | M: MOV [x],$7 | INVLPG [x] | N: XCHG r3,[y],$1;\n"
"mov r1,<a>|MFENCE|MOV <b+16>,$0x10| XCHG r4,<a+8>,$2;\n"
"E0: MOV PTE(x),pte(b,-W,-D,G)|KERNEL|E2: XCHG r5,s1:PTE(x),none;\n"
"MOV r2,PDE(x)|USER||LOCK BTR PTE(x),A,D;\n"
"E1: MOV PDE(y),pte(a,PS,PAT)|||LOCK BTS s1:PTE(y),PAT;\n"
"E3: MOV PDE(x),table(t,-A,-P)|||INVPCID $0,$1,[x];\n"
"MOV PML5E(z),0|||INVPCID $1,$4095;\n"
"INVPCID $2;\n"
"INVPCID $3;\n"
"C: MOV CR3,s1,noflush;\n"
"MOV CR3,s0; MOV CR4,+PGE; MOV CR4,-PCIDE;\n"
"INVLPGB [x],pcid=1,global,final,count=3,stride2m;\n"
"INVLPGB global; INVLPGB; TLBSYNC; CLI; STI; USER; KERNEL;\n"
"IPI P1; WAIT <a>,$1;\n"
"FLUSH SPACE cpus={1,2} space=s0 nonglobal ex;\n"
"FLUSH LIST [x] [y] all spaces=all ex result=r9;\n"
"FREE a; REUSE a,$5; REUSE t,pte(b,-W); REUSE b,table(t);\n"
"exists (0:r0=1 /\\ (0:r1=0 \\/ ~(2:r3=2 /\\ true)) /\\ 0:r9=3)\n"
"forbidden 0:r2=pte(a,PS) \\/ 1:r5=none \\/ 1:r5=0 \\/ fault(C)\n"
"~exists (<a+8>=1 \\/ PTE(x)=pte(b) \\/ s1:PDE(y)=0)\n"
"required (tr(L0)=a /\\ src(M)=E0 /\\ src(N)=init /\\ hit(L0)=N /\\ miss(M))\n"
"required (walk(L0)=dirty(M) /\\ co(E2,dirty(N)) /\\ co(init,M))\n";

static char *
printed(const struct litmus_test *t)
{
	char *text = NULL;
	size_t size;
	FILE *const f = open_memstream(&text, &size);

	litmus_print(t, f);
	fclose(f);
	return text;
}

void
litmus_check_round_trip(const struct litmus_test *t)
{
	char *const text = printed(t), *again;
	struct litmus_test copy;
	struct litmus_error e;

	if (litmus_parse(text, strlen(text), &copy, &e) != 0)
		ck_abort_msg("%u:%u: %s in\n%s", e.place.line, e.place.column,
		             e.text, text);
	again = printed(&copy);
	if (!litmus_equal(t, &copy) || strcmp(text, again) != 0)
		ck_abort_msg("not the same:\n%s\n%s", text, again);
	free(text);
	free(again);
	litmus_free(&copy);
}

void
litmus_each_file(void (*check)(const char *path, const char *text,
                 size_t size), size_t step)
{
	static char text[1 << 16];
	glob_t g;

	ck_assert_int_eq(glob(LITMUS_DIR "/*.litmus", 0, NULL, &g), 0);
	glob(LITMUS_DIR "/elts/*.litmus", GLOB_APPEND, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const bool ours = strstr(g.gl_pathv[i], "/elts/") == NULL;
		FILE *f;
		size_t size;

		if (!ours && i % step != 0)
			continue;
		f = fopen(g.gl_pathv[i], "r");
		ck_assert_ptr_nonnull(f);
		size = fread(text, 1, sizeof(text), f);
		fclose(f);
		ck_assert_uint_lt(size, sizeof(text));
		check(g.gl_pathv[i], text, size);
	}
	globfree(&g);
}
