#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# SARIF's structure, without a schema: what its readers rely on.
# usage: sarif.py CONVERT

import copy
import json
import re
import sys

from common import convert, need, refuses, run_all
import reports

PROGRAM = sys.argv[1]


def load(report):
    return json.loads(convert(PROGRAM, 'sarif', report))


def place_ok(location):
    artifact = location['artifactLocation']
    uri = artifact['uri']
    need(re.fullmatch(r"[A-Za-z0-9._~:/+@,=%-]+", uri), 'uri ' + uri)
    if 'uriBaseId' in artifact:
        need(artifact['uriBaseId'] == 'SRCROOT', 'uriBaseId')
        need(not uri.startswith('/') and ':' not in uri, 'relative: ' + uri)
    else:
        need(uri.startswith('file:///'), 'absolute: ' + uri)
    if 'region' in location:
        need(location['region']['startLine'] >= 1, 'startLine')


def flows_ok(result):
    for flow in result.get('codeFlows', []):
        ids = [t['id'] for t in flow['threadFlows']]
        need(len(ids) == len(set(ids)), 'two threads of a vCPU')
        order = []
        for thread in flow['threadFlows']:
            need(re.fullmatch(r'vCPU \d+|host', thread['id']), thread['id'])
            mine = [l['executionOrder'] for l in thread['locations']]
            need(mine == sorted(mine), 'order in a thread')
            order += mine
            for l in thread['locations']:
                need(l['location']['message']['text'], 'a step without words')
                if 'physicalLocation' in l['location']:
                    place_ok(l['location']['physicalLocation'])
        need(sorted(order) == list(range(1, len(order) + 1)), 'order')


def structure(log):
    need(log['version'] == '2.1.0' and 'sarif' in log['$schema'], 'version')
    run, = log['runs']
    rules = [r['id'] for r in run['tool']['driver']['rules']]
    need(len(rules) == len(set(rules)), 'rules twice')
    need('SRCROOT' in run['originalUriBaseIds'], 'SRCROOT')
    for result in run['results']:
        need(rules[result['ruleIndex']] == result['ruleId'], 'ruleIndex')
        need(result['level'] in ('error', 'warning', 'note'), 'level')
        need(result['message']['text'], 'message')
        need(result['locations'], 'no location: ' + result['ruleId'])
        for l in result['locations']:
            place_ok(l['physicalLocation'])
        need(list(result['partialFingerprints'].values())[0], 'fingerprint')
        flows_ok(result)
    for one in run['artifacts']:
        place_ok({'artifactLocation': one['location']})


def damage(path, value):
    log = load(reports.check())
    at = log
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return log


def check_structure():
    for report in (reports.check(), reports.presubmit()):
        structure(load(report))
    result = ['runs', 0, 'results', 0]
    step = result + ['codeFlows', 0, 'threadFlows', 0, 'locations', 0]
    for path, value in (
            (['version'], '2.0.0'), (result + ['ruleIndex'], 1),
            (result + ['level'], 'bad'), (result + ['locations'], []),
            (step + ['executionOrder'], 9),
            (result + ['locations', 0, 'physicalLocation',
                       'artifactLocation', 'uri'], '/sys/x.c')):
        refuses(structure, damage(path, value), str(path))


def check_results():
    run, = load(reports.check())['runs']
    by = {r['partialFingerprints']['signature/v1'].split('/')[1] + ' ' +
          r['ruleId']: r for r in run['results']}
    need(len(by) == 5 == len(run['results']), 'each signature once')
    at, = by['- deadlock']['locations']
    need(at['physicalLocation'] == {
        'artifactLocation': {'uri': 'file:///else/z.c'},
        'region': {'startLine': 1}}, 'the file of a finding without a line')
    two = by['unmap stale-translation']
    need(two['level'] == 'error' and two['occurrenceCount'] == 2, 'two rows')
    need(len(two['properties']['rows']) == 2, 'their names')
    need(two['properties']['needs'] == ['globals kept'], 'needs')
    need(two['locations'][0]['physicalLocation']['artifactLocation']['uri'] ==
         'sys/a%20dir/x.c', 'a name with a space')
    need(reports.NASTY in two['message']['text'], 'the nasty text')
    need([t['id'] for t in two['codeFlows'][0]['threadFlows']] ==
         ['vCPU 0', 'vCPU 1', 'vCPU 2', 'host'], 'threads')
    need(by['protect stale-translation']['level'] == 'note' and
         by['protect stale-translation']['suppressions'], 'a known one')
    need(by['remap stale-translation']['level'] == 'warning', 'other class')
    need(by['unmap livelock']['locations'][0]['physicalLocation'][
        'artifactLocation']['uri'] == 'sys/y.c', 'the last step in the tree')


def check_unfinished():
    run, = load(reports.check())['runs']
    notes = run['invocations'][0]['toolExecutionNotifications']
    levels = sorted((n['descriptor']['id'], n['level']) for n in notes)
    need(levels == [('blind', 'error'), ('cut', 'error'),
                    ('missing', 'error'), ('not-run', 'note'),
                    ('vacuous', 'error')], str(levels))
    need(run['properties']['rows']['clean'] == 1, 'clean rows')
    need(not any(r['kind'] == 'pass' for r in run['results']), 'a pass')
    report = dict(reports.check(), result='incomplete')
    need(load(report)['runs'][0]['invocations'][0]['executionSuccessful'] is
         False, 'an incomplete run')


def check_files():
    run, = load(reports.check())['runs']
    uris = [a['location']['uri'] for a in run['artifacts']]
    need(uris == ['sys/y.c', 'file:///else/z.c'], str(uris))


def check_presubmit():
    run, = load(reports.presubmit())['runs']
    got = {(r['ruleId'], r['baselineState'], r['level'])
           for r in run['results']}
    want = {('stale-translation', 'new', 'error'),
            ('stale-translation', 'absent', 'note'),
            ('stale-translation', 'unchanged', 'note'),
            ('review/layout', 'new', 'error'),
            ('review/style', 'new', 'note'),
            ('review/early', 'unchanged', 'warning')}
    need(got == want, str(got ^ want))
    need(len(run['invocations'][0]['toolExecutionNotifications']) == 1,
         'what is unfinished')


run_all([
    ('the structure holds, and damage to it is noticed', check_structure),
    ('a finding is one result, at its line, with its threads', check_results),
    ('what was not searched is said, and never as a pass', check_unfinished),
    ('the files that were tested are listed', check_files),
    ('a patch tells new, fixed and unchanged apart', check_presubmit),
])
