#!/usr/bin/env python3
"""A captured terminal screen (tmux capture-pane -e) on standard input -> an SVG picture on standard output."""
import html
import re
import sys

CELL_WIDTH, CELL_HEIGHT, FONT = 8.4, 17, 14
BASIC = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
         "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"]


def palette(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        level = 8 + 10 * (number - 232)
        return "#%02x%02x%02x" % (level, level, level)
    number -= 16
    steps = [0, 95, 135, 175, 215, 255]
    return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.front, self.back, self.bold, self.reverse, self.underline = None, None, False, False, False

    def apply(self, codes):
        codes = [int(code or 0) for code in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code == 1:
                self.bold = True
            elif code == 22:
                self.bold = False
            elif code == 4:
                self.underline = True
            elif code == 24:
                self.underline = False
            elif code in (7, 27):
                self.reverse = code == 7
            elif code in (38, 48) and len(codes) >= 2 and codes[0] == 5:
                colour = palette(codes[1])
                codes = codes[2:]
                if code == 38:
                    self.front = colour
                else:
                    self.back = colour
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.front = BASIC[code - 30 if code < 40 else code - 82]
            elif 40 <= code <= 47:
                self.back = BASIC[code - 40]
            elif code == 39:
                self.front = None
            elif code == 49:
                self.back = None

    def colours(self):
        front, back = self.front or "#e6e6e6", self.back
        if self.reverse:
            front, back = back or "#101010", front
        return front, back


def runs(line):
    """(column, text, style colours, bold) of each stretch with one look."""
    style, column = Style(), 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            style.apply(part[2:-1])
        elif part:
            text = re.sub(r"\x1b\(.|[\x0e\x0f]", "", part)
            yield column, text, style.colours(), style.bold
            column += len(text)


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "sockstep"
    lines = sys.stdin.read().rstrip("\n").split("\n")
    columns = max(sum(len(run[1]) for run in runs(line)) for line in lines)
    width, height = columns * CELL_WIDTH + 16, len(lines) * CELL_HEIGHT + 16
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">'
           % (width, height, width, height),
           "<title>%s</title>" % html.escape(title),
           '<rect width="100%" height="100%" rx="6" fill="#000000"/>',
           '<g font-family="\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="%d" xml:space="preserve">' % FONT]
    for row, line in enumerate(lines):
        top = 8 + row * CELL_HEIGHT
        for column, text, (front, back), bold in runs(line):
            left, length = 8 + column * CELL_WIDTH, len(text) * CELL_WIDTH
            if back:
                out.append('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>'
                           % (left, top, length, CELL_HEIGHT, back))
            if text.strip():
                out.append('<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s>%s</text>'
                           % (left, top + 13, length, front, ' font-weight="bold"' if bold else "", html.escape(text)))
    out.append("</g>\n</svg>")
    print("\n".join(out))


main()
