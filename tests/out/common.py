# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the converter, and checks that a check can fail: each damage done to a
# good document must be refused.

import json
import os
import subprocess
import sys
import tempfile

SKIP = 77


class Wrong(Exception):
    pass


def need(true, what):
    if not true:
        raise Wrong(what)


def convert(program, fmt, report):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
        json.dump(report, f)
        f.flush()
        run = subprocess.run([program, fmt, f.name], capture_output=True)
    if run.returncode != 0:
        raise Wrong('convert %s: status %d: %s' % (
            fmt, run.returncode, run.stderr.decode()))
    return run.stdout


def skip(why):
    print('SKIP: ' + why)
    sys.exit(SKIP)


# tests: (name, function); ends the process.
def run_all(tests):
    failed = 0
    print('1..%d' % len(tests))
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print('ok %d - %s' % (i, name))
        except Wrong as e:
            failed = 1
            print('not ok %d - %s' % (i, name))
            print('# ' + str(e).replace(os.linesep, ' '))
    sys.exit(failed)


def refuses(check, document, what):
    try:
        check(document)
    except Wrong:
        return
    raise Wrong('not noticed: ' + what)
