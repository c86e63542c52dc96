# SPDX-License-Identifier: BSD-2-Clause
"""Runs the lines of docs/coverage.md and compares what they show.

A line is "| what | `arguments` | clean or finding |" under a heading that names
the kernel.  Fails when a line shows something else, or when all of a kernel's
lines were left out.  What a tree cannot run is named.
usage: coverage.py shootdown docs/coverage.md KERNEL [TREE]
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

LINE = re.compile(r"^\| (.*) \| `([^`]*)` \| (clean|finding) \|$")
HEADINGS = {"FreeBSD": "freebsd", "Linux": "linux", "Xen": "xen",
            "Lifetimes, by the reference kernel": "reference"}


def lines_of(path, kernel):
    here = None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("## "):
                here = HEADINGS.get(line[3:].strip())
            found = LINE.match(line)
            if found and here == kernel:
                yield found.groups()


def run(bin_, kernel, tree, arguments, folder):
    """What the line shows: clean, finding, missing: WHY, or trouble."""
    report = os.path.join(folder, "json")
    command = [bin_, "check", "--kernel", kernel, "--json", report,
               "--schedules-dir", os.path.join(folder, "schedules")]
    command += ["--tree", tree] if tree else []
    command += [] if "--schedules" in arguments else ["--schedules", "50"]
    done = subprocess.run(command + shlex.split(arguments), text=True,
                          capture_output=True, check=False)
    nothing = done.stderr.partition("nothing to run: ")[2]
    if done.returncode == 2 and nothing:
        return "missing: " + nothing.strip()
    if not os.path.exists(report):
        return "status %d: %s" % (done.returncode, done.stderr.strip())
    with open(report, encoding="utf-8") as f:
        out = json.load(f)
    os.remove(report)
    rows = out["rows"]
    if done.returncode == 0 and all(r["status"] == "clean" for r in rows):
        return "clean"
    if done.returncode == 1:
        return "finding"
    return "status %d, %s" % (done.returncode, sorted(
        {r["scenario"] + " " + r["mode"] + " " + r["status"] for r in rows
         if r["status"] != "clean"}))


def main(bin_, doc, kernel, tree=None):
    failed = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for what, arguments, want in lines_of(doc, kernel):
            got = run(bin_, kernel, tree, arguments, folder)
            missing = got.startswith("missing: ")
            ran += not missing
            ok = got == want or missing
            failed += not ok
            print("%s %s: %s%s" % ("ok" if ok else "FAILED", what, got,
                                   "" if ok else ", not " + want), flush=True)
    print("%d lines run, %d failed" % (ran, failed))
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
