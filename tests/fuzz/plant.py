#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# plant: a copy of a source file with one known bug in it, so that a target can
# be seen to find it.  The place has to be there exactly once.
# usage: plant.py FILE OLD NEW OUT
#        plant.py --unit UNIT TREE FILE OLD NEW OUT
# The second form is for kernel text, so OLD is a pattern, and {1} in NEW its
# first group: OUT becomes the unit UNIT, and the changed copy of TREE/FILE goes
# below the folder OUT.d, which has to come first in the include path.  A unit
# that stands for a missing tree is copied as it is.
import os
import re
import shutil
import sys


def plant(path, old, new, out):
    # new: a function of the match
    with open(path) as f:
        text = f.read()
    places = len(re.findall(old, text))
    if places != 1:
        sys.exit(f"plant: {path} has '{old}' {places} times, not once")
    os.makedirs(os.path.dirname(out) or '.', exist_ok=True)
    with open(out, 'w') as f:
        f.write(re.sub(old, new, text))


if sys.argv[1] == '--unit':
    unit, tree, name, old, new, out = sys.argv[2:]
    with open(unit) as f:
        absent = 'FUZZ_ABSENT' in f.read()
    if not absent:
        try:
            plant(os.path.join(tree, name), old,
                  lambda m: new.format(m[0], *m.groups()),
                  os.path.join(out + '.d', name))
        except SystemExit:              # another tree: skipped, not broken
            with open(out, 'w') as f:
                f.write(f'#define FUZZ_ABSENT "{name}: no place for this bug"\n'
                        '#include "tests/fuzz/linux/absent.c"\n')
            sys.exit(0)
    shutil.copyfile(unit, out)
else:
    path, old, new, out = sys.argv[1:]
    plant(path, re.escape(old), lambda m: new, out)
