#!/usr/bin/env python3
"""Reads exports as others would. check_exports.py FOLDER NAME EVENTS: exits 1 with a line about the first fault."""
import csv
import json
import sys


def fail(text):
    sys.exit(text)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_jsonl(path, events):
    objects = lines(path)
    if objects[0].get("format") != "sockstep":
        fail("jsonl: the first line is not the session")
    if [o["seq"] for o in objects[1:]] != list(range(1, events + 1)):
        fail("jsonl: the events are not all there, in order")


def check_csv(path, events):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    if len(rows) != events:
        fail(f"csv: {len(rows)} rows for {events} events")
    if any(None in row or None in row.values() for row in rows):
        fail("csv: a row has another number of fields than the header")


def check_slices(events):
    """B and E as brackets; X inside nothing that ends earlier; time runs forward on each track."""
    open_slices, last = {}, {}
    for event in events:
        track = (event["pid"], event["tid"])
        if event["ph"] in "BEX":
            if event["ts"] < last.get(track, float("-inf")) - 1e-6:
                fail(f"chrome: time runs back at {event}")
            last[track] = event["ts"] + event.get("dur", 0)
        if event["ph"] == "B":
            open_slices.setdefault(track, []).append(event["name"])
        if event["ph"] == "E":
            if not open_slices.get(track):
                fail(f"chrome: an end without a beginning: {event}")
            open_slices[track].pop()
    if any(open_slices.values()):
        fail("chrome: a slice has no end")


def check_chrome(path, packets):
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    check_slices(events)
    starts = sorted(e["id"] for e in events if e["ph"] == "s")
    ends = sorted(e["id"] for e in events if e["ph"] == "f")
    if starts != ends:
        fail("chrome: an arrow has one end only")
    if sum(e["ph"] == "X" and e["name"].endswith(" leaves") for e in events) != packets:
        fail("chrome: not every packet leaves")
    named = {e["pid"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
    if not {e["pid"] for e in events} <= named:
        fail("chrome: a process has no name")


def check_cast(path):
    objects = lines(path)
    if objects[0]["version"] != 2 or any(len(o) != 3 or o[1] not in "om" for o in objects[1:]):
        fail("cast: not an asciicast v2")
    times = [o[0] for o in objects[1:]]
    if times != sorted(times):
        fail("cast: time runs back")


def main():
    folder, name, events = sys.argv[1], sys.argv[2], int(sys.argv[3])
    base = f"{folder}/{name}"
    check_jsonl(f"{base}.jsonl", events)
    packets = sum(o["kind"] == "packet-sent" for o in lines(f"{base}.jsonl")[1:])
    check_csv(f"{base}.csv", events)
    check_chrome(f"{base}.trace.json", packets)
    check_cast(f"{base}.cast")
    print(packets)


main()
