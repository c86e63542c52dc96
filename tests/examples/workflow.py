#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# The example workflow, as far as a machine without GitHub can: its structure,
# the syntax of its shell, and its own steps run for real in a folder laid out
# as the check-outs leave it, on a bug and on its fix.
# usage: workflow.py SHOOTDOWN TREES WORKFLOW

import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print('SKIP: no YAML parser: install python3-yaml')
    sys.exit(77)

SHOOTDOWN, TREES, WORKFLOW = map(os.path.abspath, sys.argv[1:4])
FEW = '--scenario unmap-page --mode pcid --schedules 100'
MMU = 'sys/dev/hyperv/vmbus/hyperv_mmu.c'
COPY = '\tCPU_COPY(pmap_invalidate_cpu_mask(pmap), &cpus);\n'
BUG = '\tif (!CPU_EMPTY(&cpus))\n\t\tCPU_CLR(CPU_LAST(&cpus), &cpus);\n'


def need(true, what):
    if not true:
        sys.exit('FAILED: ' + what)


def check_structure(flow):
    on = flow.get('on', flow.get(True))         # YAML 1.1 reads `on` as true
    need('pull_request' in on, 'no pull request starts it')
    need(flow['permissions'] == {'contents': 'read',
                                 'security-events': 'write'}, 'permissions')
    job, = flow['jobs'].values()
    ids = [s['id'] for s in job['steps'] if 'id' in s]
    need(ids == ['build', 'presubmit', 'verdict'], 'ids: %s' % ids)
    for step in job['steps']:
        need(('uses' in step) != ('run' in step), 'a step: %s' % step)
        if 'uses' in step:
            need(re.search(r'@v\d+$', step['uses']), 'unpinned: ' +
                 step['uses'])
            continue
        # Text of a pull request must not become shell.
        need('${{' not in step['run'], 'an expression in the shell')
        check = subprocess.run(['sh', '-n'], input=step['run'], text=True)
        need(check.returncode == 0, 'shell of ' + step['id'])
    return {s['id']: s for s in job['steps'] if 'id' in s}


def check_fails():
    bad = yaml.safe_load(open(WORKFLOW))
    job, = bad['jobs'].values()
    job['steps'][-1]['run'] += 'if true'
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        check_structure(bad)
        os._exit(0)
    need(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0,
         'bad shell is not noticed')


def git(tree, *args):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM='1', HOME=tree,
               GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@example.org',
               GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@example.org')
    return subprocess.run(['git', '-C', tree] + list(args), env=env,
                          check=True, capture_output=True,
                          text=True).stdout.strip()


def commit(tree, message):
    git(tree, 'add', '-A')
    git(tree, 'commit', '-q', '-m', message)
    return git(tree, 'rev-parse', 'HEAD')


# tree/ and shootdown/, as the check-outs and the build leave them.
def lay_out(work):
    tree = os.path.join(work, 'tree')
    shutil.copytree(os.path.join(TREES, 'freebsd-mini'), tree)
    git(work, 'init', '-q', tree)
    clean = commit(tree, 'mini: import')
    path = os.path.join(tree, MMU)
    text = open(path).read()
    need(COPY in text, 'the miniature tree has changed')
    open(path, 'w').write(text.replace(COPY, COPY + BUG))
    bug = commit(tree, 'hyperv: flush fewer processors')
    open(path, 'w').write(text)
    fix = commit(tree, 'hyperv: flush all processors')
    os.makedirs(os.path.join(work, 'shootdown/build'))
    os.symlink(SHOOTDOWN, os.path.join(work, 'shootdown/build/shootdown'))
    return clean, bug, fix


def run_step(step, work, env):
    return subprocess.run(
        ['bash', '-e', '-c', step['run']], cwd=work, text=True,
        stdin=subprocess.DEVNULL, capture_output=True,
        env=dict(os.environ, SHOOTDOWN_OPTIONS=FEW,
                 SHOOTDOWN_CACHE=os.path.join(work, 'cache'),
                 GITHUB_STEP_SUMMARY=os.path.join(work, 'step-summary'),
                 GITHUB_OUTPUT=os.path.join(work, 'output'), **env))


def judge(steps, work, base, head, status, verdict):
    for name in ('step-summary', 'output', 'summary.md', 'shootdown.sarif',
                 'shootdown.xml'):
        if os.path.exists(os.path.join(work, name)):
            os.unlink(os.path.join(work, name))
    run = run_step(steps['presubmit'], work, {'BASE': base, 'HEAD': head})
    need(run.returncode == 0, 'the step ended with %d: %s%s' % (
        run.returncode, run.stdout, run.stderr))
    output = open(os.path.join(work, 'output')).read().strip()
    need(output == 'status=%d' % status, '%s: %s%s' % (output, run.stdout,
                                                      run.stderr))
    summary = open(os.path.join(work, 'step-summary')).read()
    need('shootdown presubmit: ' + verdict in summary, 'summary: ' + summary)
    for name in ('shootdown.sarif', 'shootdown.xml'):
        need(os.path.getsize(os.path.join(work, name)) > 100, name)
    end = run_step(steps['verdict'], work, {'STATUS': str(status)})
    need(end.returncode == status, 'the verdict: %d' % end.returncode)


def main():
    steps = check_structure(yaml.safe_load(open(WORKFLOW)))
    check_fails()
    if shutil.which('git') is None:
        print('SKIP: no git')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as work:
        clean, bug, fix = lay_out(work)
        judge(steps, work, clean, bug, 1, 'refused')
        judge(steps, work, bug, fix, 0, 'accepted')
        end = run_step(steps['verdict'], work, {'STATUS': ''})
        need(end.returncode != 0, 'no status is a pass')


main()
