#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# "Executed" has to be true, with either compiler and all that it moves about:
# lines marked "never" are not to be reported, those marked "always" are, and
# no line of the canary's run counts.  Ctrl-C keeps what is known.
# usage: lines.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip "no git"

make_tree

# Shapes that an optimizer likes: what can be computed on both sides of a
# branch, taken out of a loop, put into a table, made a conditional move.
"$PYTHON" - "$tree/$mmu" <<'END' || exit 99
import sys
text = open(sys.argv[1]).read()
call = "\ttargets_of(pmap, sc, &set);\n"
assert call in text
text = text.replace(call, call + """\
	probe_sum = probe_kinds(op, addr1, &set);	/* always */
	if (probe_sum == 12345)			/* always */
		probe_sum = 1;			/* never */
""")
text = text.replace("static uint64_t\nflush_simple(", """\
static volatile int probe_zero;
static volatile uint64_t probe_sum;

static uint64_t
probe_kinds(enum invl_op_codes op, vm_offset_t addr1,
    const struct target_set *set)
{
	uint64_t sum = set->bank[0];		/* always? */
	int zero = probe_zero;			/* always */

	if (zero)				/* always */
		sum = addr1;			/* never */
	else
		sum += 3;			/* always? */
	if (zero > 1)				/* always? */
		sum = sum * 2 + addr1;		/* never */
	for (int i = 0; i < zero; i++)		/* always? */
		sum += addr1 * 7;		/* never */
	switch (zero) {				/* always? */
	case 1:
		sum += 11;			/* never */
		break;				/* never */
	case 2:
		sum += 12;			/* never */
		break;				/* never */
	case 3:
		sum ^= 13;			/* never */
		break;				/* never */
	}
	if (zero != 0 &&			/* always? */
	    addr1 != 0)				/* never */
		sum -= 5;			/* never */
	if (op == INVL_OP_CACHE) {		/* always? */
		sum = 4;			/* never */
		probe_zero = 0;			/* never */
	}
	probe_zero = 0;				/* always */
	return (sum);
}

static uint64_t
flush_simple(""", 1)
open(sys.argv[1], "w").write(text)
END
commit "hyperv: probes"

for cc in gcc clang; do
	command -v $cc >/dev/null || { echo "without $cc"; continue; }
	CC=$cc "$bin" check --kernel freebsd --tree "$tree" --path hypercall \
	    $few --coverage --json "$dir/json" --schedules-dir "$dir/s" \
	    >"$dir/out" 2>&1 || { fail "check with $cc"; cat "$dir/out"; }
	"$PYTHON" - "$dir/json" "$tree" $mmu $cc <<-'END' || failed=1
		import json, sys
		report, tree, mmu, cc = sys.argv[1:]
		report = json.load(open(report))
		code = set(report["kernels"][0]["lines"][mmu])
		ran = set()
		for row in report["rows"]:
		    ran |= set(row["lines_executed"].get(mmu, []))
		assert ran and ran <= code
		bad = never = 0
		for n, line in enumerate(open(f"{tree}/{mmu}"), 1):
		    wrong = ("/* never */" in line and n in ran or
		             "/* always */" in line and n in code - ran)
		    never += "/* never */" in line and n in code
		    if wrong:
		        print(f"{cc}: {n}: {line}", end="")
		    bad += wrong
		print(f"{cc}: {len(ran)} of {len(code)} lines executed, "
		      f"{never} never")
		sys.exit(bad != 0 or never == 0 or not ran)
		END
done

# Blank statements do not change what the rest has: the schedules are those
# of a check without coverage.
for option in --coverage --rows; do
	"$bin" check --kernel freebsd --tree "$tree" $few $option \
	    --json "$dir/json$option" --schedules-dir "$dir/s" >/dev/null
done
"$PYTHON" - "$dir/json--coverage" "$dir/json--rows" <<-'END' || \
    fail "coverage changes the result"
	import json, sys
	rows = [json.load(open(f))["rows"] for f in sys.argv[1:]]
	for row in rows[0] + rows[1]:
	    row.pop("seconds"), row.pop("lines_executed", None)
	sys.exit(rows[0] != rows[1])
	END

# ---- macros: where they are used

cp -L "$trees/freebsd-mini-bug/sys/sys/_bitset.h" "$tree/sys/sys/"
commit "sys: a macro"
presubmit 1 --tree "$tree" --base HEAD~1 $few
true_that 'any(l["state"] == "executed" for f in report["coverage"]["files"]
    for l in f["lines"])'

# ---- Ctrl-C

rm -f "$dir/json"
"$bin" presubmit --tree "$tree" --base HEAD~1 $few --schedules 1000000000 \
    --json "$dir/json" --schedules-dir "$dir/s" >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 4
kill -INT $pid
wait $pid
[ $? -eq 3 ] || fail "interrupted: not status 3"
true_that 'report["verdict"] == "not validated" and
    any("interrupted" in u["why"] or "ended early" in u["why"]
    for u in report["unfinished"])'
[ -z "$(ls "$dir/cache/presubmit" | grep '^run')" ] || fail "left a folder"

exit $failed
