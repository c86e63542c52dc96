# SPDX-License-Identifier: BSD-2-Clause
#
# Made-up reports with all that a writer has to deal with: every status, known
# findings and those that do not count, text with markup in it, files outside
# the tree.  Text that must come through whole has NASTY in it.

NASTY = 'a<b & "c" | `d` \x1b[1m é \u2192 ]]> *e* _f_ #g'


def row(scenario, status, findings=(), **more):
    return dict({
        'kernel': 'freebsd', 'path': 'hypercall', 'scenario': scenario,
        'mode': 'nopcid', 'vcpus': 3, 'host': 'tlfs', 'memory': 'tso',
        'machine': 'full', 'strategy': 'random', 'status': status,
        'schedules': 10, 'distinct': 5, 'seconds': 0.25,
        'findings': list(findings)}, **more)


def finding(kind='stale-translation', operation='unmap', cls='defect', **more):
    return dict({
        'kind': kind, 'class': cls, 'needs': ['globals kept'], 'vcpu': 2,
        'minimal': True,
        'signature': '%s/%s/user/leaf/local/hypercall/x.c' % (kind, operation),
        'message': 'vCPU 2 goes on: ' + NASTY,
        'where': {'file': 'sys/a dir/x.c', 'line': 12, 'function': 'f'},
        'story': ['     0  vCPU 0  begins: ' + NASTY,
                  '     3  host    flushes ```fence```'],
        'steps': [
            {'vcpu': 0, 'step': 0, 'text': 'begins: ' + NASTY},
            {'vcpu': 1, 'step': 2, 'text': 'stores', 'file': 'sys/y.c',
             'line': 7},
            {'host': True, 'step': 3, 'text': 'flushes'}],
        'known': False, 'string': 'sd2:x', 'schedule': './f/x.json'}, **more)


def check():
    known = finding(operation='protect', known=True)
    literal = finding(operation='remap', cls='host-literal', needs=[],
                      needs_or=['a', 'b'])
    placeless = finding(kind='livelock', where={'file': None, 'line': None})
    nowhere = finding(kind='deadlock', operation='y', steps=[],
                      where={'file': None, 'line': None})
    nowhere['signature'] = 'deadlock/-/-/-/-/native/z.c'
    return {
        'version': 1,
        'kernels': [{'name': 'freebsd', 'sources': [
            {'path': '/nowhere/tree/sys/y.c', 'sha256': 'ab' * 32},
            {'path': '/else/z.c', 'sha256': 'cd' * 32}]}],
        'options': {'kernel': ['freebsd'], 'tree': '/nowhere/tree',
                    'scenario': [], 'seed': 1, 'schedules': 10,
                    'vcpus': None, 'strict': False},
        'rows': [
            row('one', 'clean'), row('two', 'findings', [finding()]),
            row('three', 'findings', [finding(), placeless, nowhere]),
            row('four', 'findings', [known]),
            row('five', 'findings', [literal]),
            row('six', 'blind'), row('seven', 'vacuous'),
            row('eight', 'cut', why='ended early')],
        'skipped': [{'what': 'linux', 'why': 'no source', 'missing': True},
                    {'what': 'scenario ' + NASTY, 'why': 'needs a host'}],
        'result': 'findings'}


def presubmit():
    text = 'freebsd hypercall one nopcid 3 tlfs'
    same = {'hypercalls': 5, 'ipis': 0, 'local_invalidations': 1,
            'targets': 4, 'overflush': 0}
    return {
        'version': 1, 'verdict': 'refused', 'tree': '/nowhere/tree',
        'base': {'rev': 'main', 'commit': '1' * 40},
        'head': {'rev': 'topic', 'commit': '2' * 40},
        'patch': {'subject': 'x: ' + NASTY, 'lines': 9, 'files': [
            {'path': 'sys/y.c', 'added': 6, 'removed': 3}]},
        'options': {}, 'seconds': 12.5,
        'findings': {
            'new': [finding(row=text), finding(row=text + ',globals=drop')],
            'fixed': [finding(operation='map', row=row('one', 'findings'))],
            'unchanged': [finding(operation='remap', row=text)]},
        'review': [
            {'name': 'dispatch', 'advises': False, 'base': 'pass',
             'head': 'pass', 'change': 'same', 'why': '', 'details': []},
            {'name': 'layout', 'advises': False, 'base': 'pass',
             'head': 'fail', 'change': 'fails now', 'why': NASTY,
             'details': [{'file': 'sys/y.c', 'line': 3, 'text': NASTY}]},
            {'name': 'style', 'advises': True, 'base': 'pass',
             'head': 'fail', 'change': 'fails now', 'why': 'tabs',
             'details': []},
            {'name': 'early', 'advises': False, 'base': 'fail',
             'head': 'fail', 'change': 'fails on both', 'why': 'panics',
             'details': []}],
        'cost': [
            {'row': row('one', 'clean'), 'base': same, 'head': same},
            {'row': row('two', 'clean'), 'base': same,
             'head': dict(same, hypercalls=7)},
            {'row': row('three', 'clean'), 'base': dict(same, status='clean'),
             'head': dict(same, hypercalls=1, status='findings')}],
        'coverage': {'changed': 6, 'executable': 5, 'executed': 2, 'files': [
            {'path': 'sys/y.c', 'lines': [
                {'line': 1, 'state': 'no code', 'rows': []},
                {'line': 3, 'state': 'executed', 'rows': [text]},
                {'line': 4, 'state': 'not executed', 'rows': []},
                {'line': 5, 'state': 'not executed', 'rows': []},
                {'line': 7, 'state': 'executed', 'rows': [text]},
                {'line': 9, 'state': 'not executed', 'rows': []},
                {'line': 6, 'state': 'not executed', 'rows': [],
                 'removed': True}]}]},
        'unfinished': [{'what': 'row ' + NASTY, 'why': 'blind at head'}]}
