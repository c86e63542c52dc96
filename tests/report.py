#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# Evaluates an expression over a JSON report, for the shell tests.
#
#   report.py FILE EXPRESSION      exit 0 when it is true, else says so, exit 1
#   report.py -p FILE EXPRESSION   prints it
#
# Names: report, rows, findings (each with its row in ["row"]), mutants, and
# for the members of a row or finding: its key, as in r["status"].

import json
import sys


def main():
    args = sys.argv[1:]
    show = args[:1] == ['-p']
    path, expression = args[1:] if show else args
    with open(path) as f:
        report = json.load(f)
    rows = report.get('rows', [])
    names = {
        'report': report, 'rows': rows, 'mutants': report.get('mutants', []),
        'findings': [dict(f, row=r) for r in rows for f in r['findings']],
    }
    value = eval('(' + expression + ')', names)
    if show:
        print(value)
    elif not value:
        print('not true of the report: ' + expression)
        sys.exit(1)


main()
