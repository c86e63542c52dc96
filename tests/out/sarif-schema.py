#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# SARIF against the standard's own JSON Schema, with a validator.  The schema
# is not ours to ship: it comes from a package.  Where there is none the test
# is skipped and says what to install.
# usage: sarif-schema.py CONVERT    (SARIF_SCHEMA names the schema's file)

import glob
import json
import os
import subprocess
import sys

from common import convert, need, refuses, run_all, skip
import reports

PROGRAM = sys.argv[1]
PLACES = ('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0*.json',)
HINT = ("the npm package @microsoft/jest-sarif brings one: npm install "
        "--prefix DIR @microsoft/jest-sarif, then set SARIF_MODULES="
        "DIR/node_modules, or set SARIF_SCHEMA to the file")


def module_folders():
    yield from filter(None, [os.environ.get('SARIF_MODULES')])
    yield from ('/usr/share/nodejs', '/usr/lib/node_modules',
                '/usr/local/lib/node_modules')
    try:
        run = subprocess.run(['npm', 'root', '-g'], capture_output=True,
                             text=True, timeout=60)
        yield run.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        pass


def find_schema():
    named = os.environ.get('SARIF_SCHEMA')
    if named:
        return named
    for folder in module_folders():
        for place in PLACES:
            for path in sorted(glob.glob(os.path.join(folder, place))):
                return path
    skip('no JSON Schema of SARIF 2.1.0: ' + HINT)


try:
    import jsonschema
except ImportError:
    skip('no JSON Schema validator: install python3-jsonschema')
with open(find_schema()) as f:
    SCHEMA = json.load(f)
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def valid(log):
    errors = ['%s: %s' % (list(e.path), e.message[:200])
              for e in VALIDATOR.iter_errors(log)]
    need(not errors, '; '.join(errors))


def check(report):
    log = json.loads(convert(PROGRAM, 'sarif', report))
    valid(log)
    log['runs'][0]['results'][0]['level'] = 'fatal'
    refuses(valid, log, 'a level that is none')
    del log['runs'][0]['results'][0]['level']
    valid(log)
    del log['runs'][0]['tool']
    refuses(valid, log, 'a run without a tool')


run_all([
    ('the report of check is valid', lambda: check(reports.check())),
    ('the report of presubmit is valid', lambda: check(reports.presubmit())),
])
