#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# The page: elements that close, nothing from elsewhere, a drawing for each
# finding with a point for each step in its lane.
# usage: page.py CONVERT

import html.parser
import sys

from common import convert, need, refuses, run_all
import reports

PROGRAM = sys.argv[1]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.points, self.all = [], '', [], []
        self.feed(text)
        self.close()
        need(self.open == [], 'not closed: %s' % self.open)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.all.append(tag)
        for name in ('src', 'href', 'onload', 'onclick'):
            need(name not in attrs, name)
        need(tag not in ('script', 'link', 'iframe', 'img'), tag)
        if tag == 'svg':
            self.points.append([])
            self.size = int(attrs['width']), int(attrs['height'])
        if tag == 'circle':
            at = int(attrs['cx']), int(attrs['cy'])
            need(0 < at[0] < self.size[0] and 0 < at[1] < self.size[1],
                 'a point outside of its drawing')
            self.points[-1].append(at)
        if tag != 'meta':
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        need(tag == 'meta', '<%s/>' % tag)

    def handle_endtag(self, tag):
        need(self.open and self.open.pop() == tag, '</%s>' % tag)

    def handle_data(self, data):
        self.text += data


def load(report):
    return convert(PROGRAM, 'html', report).decode()


def check_structure():
    for report in (reports.check(), reports.presubmit()):
        text = load(report)
        Page(text)
        refuses(Page, text.replace('</svg>', '', 1), 'an open drawing')
        refuses(Page, text.replace('<h2>', '<script>x</script><h2>', 1),
                'a script')


def check_drawings():
    page = Page(load(reports.check()))
    need(len(page.points) == 5, 'a drawing for each signature')
    lanes = [x for x, y in page.points[0]]
    need(len(lanes) == 4, 'three steps and the end')
    need(lanes[0] < lanes[1] < lanes[3] < lanes[2],
         'vCPU 0, vCPU 1, the host, and vCPU 2 that it happens to')
    ys = [y for x, y in page.points[0]]
    need(ys == sorted(ys), 'time runs downwards')


def check_text():
    page = Page(load(reports.check()))
    words = ' '.join(page.text.split())
    for part in reports.NASTY.replace('\x1b', '?').split():
        need(part in words, 'the nasty text: ' + part)
    for part in ('blind', 'vacuous', 'ended early', 'no source', 'clean'):
        need(part in words, part)
    words = Page(load(reports.presubmit())).text
    need('presubmit: refused' in words and 'blind at head' in words,
         'a patch')


run_all([
    ('the page is whole, and damage is noticed', check_structure),
    ('a schedule is drawn in lanes', check_drawings),
    ('nothing is left out', check_text),
])
