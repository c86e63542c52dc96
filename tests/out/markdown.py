#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# The Markdown summary: tables whose rows have as many cells as their heads,
# closed code blocks, and nothing left out.
# usage: markdown.py CONVERT

import re
import sys

from common import convert, need, refuses, run_all
import reports

PROGRAM = sys.argv[1]


def load(report):
    return convert(PROGRAM, 'markdown', report).decode()


def outside_blocks(text):
    fence, lines = None, []
    for line in text.split('\n'):
        m = re.match(r'`{3,}', line)
        if fence is None and m:
            fence = m.group()
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            lines.append(line)
    need(fence is None, 'a block that is not closed')
    return lines


def cells(line):
    return len(re.findall(r'(?<!\\)\|', line)) - 1


def structure(text):
    width = None
    need(re.match(r'## \S+ shootdown (check|presubmit): ', text), 'verdict')
    for line in outside_blocks(text):
        if not line.startswith('|'):
            width = None
            continue
        width = cells(line) if width is None else width
        need(cells(line) == width, 'cells of: ' + line)
        need(line.endswith('|'), 'end of: ' + line)
    need('\x1b' not in text, 'a control character')


def check_structure():
    for report in (reports.check(), reports.presubmit()):
        text = load(report)
        structure(text)
        refuses(structure, text.replace('\n````\n', '\n', 1), 'open block')
        refuses(structure, text.replace(' | class', '', 1), 'a cell less')


def has(text, *parts):
    for part in parts:
        need(part in text, 'missing: ' + part)


def check_check():
    text = load(reports.check())
    has(text, '1 of 8 rows clean', 'blind', 'vacuous',
        'did not finish', '2 not run', 'no source', "--kernel 'freebsd'",
        "shootdown replay --tree /nowhere/tree 'sd2:x'", '````text\n', '(known)')
    need(text.count('\n| ') >= 4, 'a table of findings')


def check_presubmit():
    text = load(reports.presubmit())
    has(text, 'presubmit: refused', '1 fixed, 1 on both sides',
        '| new |', '| fixed |', '| unchanged |', '**fails now**',
        '2 of 5 changed lines', '`sys/y.c`: 4-5, 9\n', '5 → **7**',
        '`sys/y.c`, lines that go: 6\n', 'Not compared: 1 rows',
        'Changed in 1 of 2 rows', 'blind at head',
        'shootdown presubmit --tree /nowhere/tree --base ' + '1' * 40)
    need(text.index('refused') < text.index('### Findings'), 'order')
    accepted = dict(reports.presubmit(), verdict='accepted', cost=[])
    has(load(accepted), '✅ shootdown presubmit: accepted')
    unknown = dict(reports.presubmit(), verdict='not validated')
    has(load(unknown), '⚠️ shootdown presubmit: not validated')


def check_rerun():
    report = reports.presubmit()
    report['head'] = {'patch': 'a.diff', 'commit': '3' * 40}
    has(load(report), '--patch a.diff\n')
    report['options'] = {'scenario': ['x*'], 'schedules': 9}
    has(load(report), "--patch a.diff --scenario 'x*' --schedules 9\n")
    report['options'] = {}
    report['base'] = {'rev': None, 'commit': None}
    has(load(report), 'presubmit --tree /nowhere/tree --patch a.diff\n')


run_all([
    ('tables and blocks are whole, and damage is noticed', check_structure),
    ('a check tells all that it found and did not search', check_check),
    ('a patch: verdict, findings, review, coverage, cost', check_presubmit),
    ('how to run it again', check_rerun),
])
