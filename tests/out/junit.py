#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# JUnit's XML: every row has its case, none that could not have found anything
# passes, and the counts of a suite are those of its cases.
# usage: junit.py CONVERT

import copy
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

from common import Wrong, convert, need, refuses, run_all
import reports

PROGRAM = sys.argv[1]
KINDS = ('failure', 'error', 'skipped')


def outcome(case):
    return next((k for k in KINDS if case.find(k) is not None), 'pass')


def outcomes(root):
    return {(c.get('classname'), c.get('name')): outcome(c)
            for c in root.iter('testcase')}


def counts_agree(root):
    for suite in [root] + root.findall('testsuite'):
        cases = list(suite.iter('testcase'))
        need(int(suite.get('tests')) == len(cases), 'tests=')
        for kind, name in zip(KINDS, ('failures', 'errors', 'skipped')):
            n = sum(outcome(c) == kind for c in cases)
            need(int(suite.get(name)) == n, '%s=%s, but %d' % (
                name, suite.get(name), n))


def load(report):
    return ET.fromstring(convert(PROGRAM, 'junit', report))


def check_rows():
    root = load(reports.check())
    got = outcomes(root)
    suite = 'shootdown.freebsd.hypercall'
    want = {'one': 'pass', 'two': 'failure', 'three': 'failure',
            'four': 'skipped', 'five': 'skipped', 'six': 'error',
            'seven': 'error', 'eight': 'error'}
    for name, result in want.items():
        key = (suite, name + ' nopcid 3 tlfs')
        need(got.get(key) == result, '%s: %s, wanted %s' % (
            name, got.get(key), result))
    need(got[('shootdown.not run', 'linux')] == 'error', 'a missing kernel')
    need(sum(k[0] == 'shootdown.not run' and v == 'skipped'
             for k, v in got.items()) == 1, 'a skip')
    need(len(got) == 10, 'cases: %d' % len(got))


def check_strict():
    report = reports.check()
    report['options']['strict'] = True
    got = outcomes(load(report))
    need(got[('shootdown.freebsd.hypercall', 'five nopcid 3 tlfs')] ==
         'failure', 'another class with --strict')


def check_counts():
    for report in (reports.check(), reports.presubmit()):
        root = load(report)
        counts_agree(root)
        bad = copy.deepcopy(root)
        bad.find('testsuite').set('failures', '99')
        refuses(counts_agree, bad, 'a wrong count')


def check_text():
    for report in (reports.check(), reports.presubmit()):
        text = ''.join(load(report).itertext())
        need(reports.NASTY.replace('\x1b', '?') in text, 'the nasty text')
        need('\x1b' not in text, 'a control character')


def check_presubmit():
    got = outcomes(load(reports.presubmit()))
    name = 'stale-translation/%s/user/leaf/local/hypercall/x.c'
    want = {('presubmit', 'verdict'): 'failure',
            ('presubmit.findings', name % 'unmap'): 'failure',
            ('presubmit.findings', name % 'map'): 'pass',
            ('presubmit.findings', name % 'remap'): 'skipped',
            ('presubmit.review', 'dispatch'): 'pass',
            ('presubmit.review', 'layout'): 'failure',
            ('presubmit.review', 'style'): 'skipped',
            ('presubmit.review', 'early'): 'skipped',
            ('presubmit.coverage', 'sys/y.c'): 'skipped'}
    for key, result in want.items():
        need(got.get(key) == result, '%s: %s' % (key, got.get(key)))
    need(sum(k[0] == 'presubmit.unfinished' and v == 'error'
             for k, v in got.items()) == 1, 'what is unfinished')
    for verdict, result in (('accepted', 'pass'), ('not validated', 'error')):
        report = dict(reports.presubmit(), verdict=verdict)
        need(outcomes(load(report))[('presubmit', 'verdict')] == result,
             verdict)


def relaxng(text):
    rng = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'junit.rng')
    run = subprocess.run(['xmllint', '--noout', '--relaxng', rng, '-'],
                         input=text, capture_output=True)
    need(run.returncode == 0, run.stderr.decode())


def check_relaxng():
    for report in (reports.check(), reports.presubmit()):
        text = convert(PROGRAM, 'junit', report)
        relaxng(text)
        refuses(relaxng, text.replace(b' time=', b' tame='), 'an attribute')
        refuses(relaxng, text.replace(b'<skipped ', b'<skapped '), 'XML')


TESTS = [
    ('every row has its case, and only a clean one passes', check_rows),
    ('with --strict every class fails', check_strict),
    ('the counts are those of the cases', check_counts),
    ('text comes through whole, without control characters', check_text),
    ('every question about a patch has its case', check_presubmit),
]
if shutil.which('xmllint'):
    TESTS.append(('xmllint finds the structure right', check_relaxng))
else:
    TESTS.append(('xmllint # SKIP no xmllint (package libxml2-utils)',
                  lambda: None))
run_all(TESTS)
