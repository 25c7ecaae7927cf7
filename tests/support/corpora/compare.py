#!/usr/bin/env python3
"""Compares sockstep with the opinions of other tools on the corpora, and names every disagreement.

usage: compare.py SOCKSTEP CORPORA [--detail FILE] [SET...]

Prints one table; every single disagreement goes to FILE (default: standard output). The corpora's README says where the
opinions come from; docs/ANALYSIS.md says which side the RFCs support for each kind of disagreement.
"""
import collections
import csv
import gzip
import os
import subprocess
import sys

SETS = ["zeek", "wireshark", "misc", "tcpdump", "pcapng", "packetdrill"]
FLAGS = ["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "duplicate_ack",
         "lost_segment", "zero_window", "window_full", "window_update", "window_probe", "keep_alive", "keep_alive_ack",
         "reused_ports"]
OTHER_NAMES = {"zero_window_probe": "window_probe"}
REPEATS = {"retransmission", "fast_retransmission", "spurious_retransmission"}

csv.field_size_limit(1 << 30)
complaints = []


class Table:
    """Agreements and disagreements under one heading each."""

    def __init__(self, detail):
        self.rows = collections.OrderedDict()
        self.detail = detail

    def count(self, what, agrees, where=None, ours=None, theirs=None):
        row = self.rows.setdefault(what, [0, 0])
        row[0 if agrees else 1] += 1
        if not agrees:
            print(f"{what}\t{where}\tours: {ours}\ttheirs: {theirs}", file=self.detail)

    def show(self):
        print(f"{'what':44} {'agree':>8} {'differ':>7} {'':>8}")
        for what, (agree, differ) in self.rows.items():
            total = agree + differ
            print(f"{what:44} {agree:8} {differ:7} {100 * agree / total if total else 100:7.2f} %")


def run(sockstep, *arguments):
    done = subprocess.run([sockstep, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1, 2):
        sys.exit(f"{sockstep} {' '.join(arguments)}: ended with {done.returncode}")
    for line in done.stderr.decode("utf-8", "replace").splitlines():
        complaints.append(f"{arguments[-1]}: {line}")
    return done.stdout.decode("utf-8", "replace").splitlines()


def our_packets(sockstep, path):
    lines = run(sockstep, "packets", "--tsv", path)
    names = lines[0].split("\t") if lines else []
    return {int(row[0]): dict(zip(names, row)) for row in (line.split("\t") for line in lines[1:])}


def our_flows(sockstep, path):
    import json
    return {row["stream"]: row for row in map(json.loads, run(sockstep, "summary", "--json", path))}


def table_rows(path):
    if not os.path.exists(path):
        return []
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", newline="") as file:
        return list(csv.DictReader(file, delimiter="," if ".csv" in path else "\t"))


def by_file(folder, rows, key="file"):
    """The rows of each file that is there: a part of every set is kept apart."""
    files = collections.OrderedDict()
    for row in rows:
        files.setdefault(row[key], []).append(row)
    return {file: rows for file, rows in files.items() if os.path.exists(os.path.join(folder, file))}


# --- tshark, frame by frame ---

def their_stream(row):
    if row["l4"] in ("tcp", "icmp-quoted-tcp") and row["tcp_stream"] != "":
        return "tcp:" + row["tcp_stream"].split(",")[-1]
    if row["l4"] in ("udp", "icmp-quoted-udp") and row["udp_stream"] != "":
        return "udp:" + row["udp_stream"].split(",")[-1]
    return ""


def agreed_directions(folder):
    """(file, source, port, destination, port) -> tcptrace's counts, where it has exactly one such connection."""
    found = collections.defaultdict(list)
    for row in table_rows(os.path.join(folder, "tcptrace.tsv")):
        for a, b, way in (("a", "b", "a2b"), ("b", "a", "b2a")):
            key = (row["file"], address(row["host_" + a]), row["port_" + a], address(row["host_" + b]), row["port_" + b])
            found[key].append((int(row["rexmt_data_pkts_" + way]), int(row["outoforder_pkts_" + way])))
    return {key: rows[0] for key, rows in found.items() if len(rows) == 1}


def address(text):
    import ipaddress
    try:
        return str(ipaddress.ip_address(":".join(part.lstrip("0") or "0" for part in text.split(":"))
                                        if ":" in text and "::" not in text else text))
    except ValueError:
        return text


def compare_analysis(table, name, rows, ours, tcptrace):
    """Each flag where tshark and tcptrace count the same in this direction; where tcptrace has no opinion, tshark's."""
    directions = collections.defaultdict(list)
    for row in rows:
        if row["l4"] == "tcp" and row["tcp_len"] != "":  # else tshark did not analyze it
            key = (name, address(row["src"]), row["sport"], address(row["dst"]), row["dport"])
            directions[key].append(row)
    for key, frames in directions.items():
        theirs = [{OTHER_NAMES.get(flag, flag) for flag in row["analysis"].split("|") if flag} for row in frames]
        repeats = sum(1 for row, flags in zip(frames, theirs) if flags & REPEATS and row["tcp_len"] not in ("", "0"))
        late = sum(1 for flags in theirs if "out_of_order" in flags)
        opinion = tcptrace.get(key)
        agreed = opinion is not None and opinion[0] == repeats and opinion[1] == late
        for row, flags in zip(frames, theirs):
            our = ours.get(int(row["frame"]))
            if our is None:
                continue
            mine = set(our["analysis"].split(",")) - {""}
            for flag in FLAGS:
                if flag not in flags and flag not in mine:
                    continue
                where = f"{name}#{row['frame']}"
                both = flag in flags and flag in mine
                table.count(f"tshark {flag}", both, where, ",".join(sorted(mine)), "|".join(sorted(flags)))
                if agreed:
                    table.count(f"tshark=tcptrace {flag}", both, where, ",".join(sorted(mine)), "|".join(sorted(flags)))


def compare_frames(table, name, rows, ours):
    for row in rows:
        our = ours.get(int(row["frame"]))
        stream = their_stream(row)
        where = f"{name}#{row['frame']}"
        if our is None:
            if stream:
                table.count("tshark stream", False, where, "no such frame", stream)
            continue
        if stream or (our["stream"] and row["l4"] in ("tcp", "udp")):
            table.count("tshark stream", our["stream"] == stream, where, our["stream"], f"{stream} ({row['l4']})")
        if row["l4"] != "tcp" or our["stream"] != stream or row["seq"] == "" or our["seq"] == "":
            continue
        table.count("tshark relative seq", our["seq"] == row["seq"], where, our["seq"], row["seq"])
        has_ack = int(row["tcp_flags"], 16) & 0x10
        if has_ack:
            table.count("tshark relative ack", our["ack"] == row["ack"], where, our["ack"], row["ack"])
        if row["win_scaled"]:
            table.count("tshark scaled window", our["window"] == row["win_scaled"], where, our["window"],
                        row["win_scaled"])
        if row["tcp_len"]:
            table.count("tshark payload bytes", our["payload_bytes"] == row["tcp_len"], where, our["payload_bytes"],
                        row["tcp_len"])


def compare_tshark(table, sockstep, corpora, names):
    for name in names:
        folder = os.path.join(corpora, name)
        tcptrace = agreed_directions(folder)
        for file, rows in by_file(folder, table_rows(os.path.join(folder, "oracle", "packets.csv.gz"))).items():
            ours = our_packets(sockstep, os.path.join(folder, file))
            compare_frames(table, file, rows, ours)
            compare_analysis(table, file, rows, ours, tcptrace)
        compare_streams(table, sockstep, folder)


def compare_streams(table, sockstep, folder):
    for file, rows in by_file(folder, table_rows(os.path.join(folder, "streams.tsv"))).items():
        flows = our_flows(sockstep, os.path.join(folder, file))
        for row in rows:
            ours = flows.get(f"{row['l4']}:{row['stream']}")
            if row["l4"] not in ("tcp", "udp"):
                continue
            theirs = sorted([int(row["pkts_ab"]), int(row["pkts_ba"])])
            mine = sorted([ours["client_packets"], ours["server_packets"]]) if ours else None
            table.count("tshark packets of a stream", mine == theirs, f"{file} {row['l4']}:{row['stream']}", mine, theirs)


# --- Zeek ---

def compare_zeek(table, sockstep, corpora):
    folder = os.path.join(corpora, "zeek")
    for file, rows in by_file(folder, table_rows(os.path.join(folder, "CONNECTIONS.tsv"))).items():
        flows = our_flows(sockstep, os.path.join(folder, file))
        for row in rows:
            if row["recommended"] != "T":
                continue
            compare_connection(table, file, row, flows)


def compare_connection(table, file, row, flows):
    originator = bracketed(row["orig_h"], row["orig_p"])
    streams = [flows.get(f"{row['proto']}:{number}") for number in row["streams"].split(",") if number != ""]
    ours = next((flow for flow in streams if flow and originator in (flow["client"], flow["server"])), None)
    where = f"{file} {originator} streams {row['streams']} ignore_checksums {row['ignore_checksums']}"
    if ours is None:
        table.count("zeek conn_state", False, where, "no such flow", row["conn_state"])
        return
    table_word = "zeek conn_state"
    if row["conn_state"]:
        table.count(table_word, ours["conn_state"] == row["conn_state"], where, ours["conn_state"] + " " + ours["history"],
                    row["conn_state"] + " " + row["history"])
        table.count("zeek history", ours["history"] == row["history"],
                    where, ours["history"], row["history"])
    if row["orig_pkts"] == "" or row["orig_pkts"] == "-":
        return
    way = ("client_packets", "server_packets") if ours["client"] == originator else ("server_packets", "client_packets")
    mine = tuple(ours[key] for key in way)
    # Zeek begins a new connection after each RST or FIN exchange; the same one so many times is one stream of ours.
    times = int(row["occurrences"]) if row["tshark_check"] == "pkts_sum_equal" else 1
    theirs = (int(row["orig_pkts"]) * times, int(row["resp_pkts"]) * times)
    table.count("zeek packets each way", mine == theirs, where, mine, theirs)


def bracketed(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# --- packetdrill ---

EVENTS = {"ACK": ".", "FIN": "F", "FIN_ACK": "F.", "RST": "R", "RST_ACK": "R.", "SYN": "S", "SYN_ACK": "S.",
          "SYN_FIN": "SF"}


def script_frames(folder):
    """pcap -> frame -> ("in" or "out", flags), by the script."""
    frames = collections.defaultdict(dict)
    for row in table_rows(os.path.join(folder, "calls.tsv.gz")):
        if row["kind"] == "packet" and row["frame"]:
            frames[row["pcap"]][int(row["frame"])] = (row["dir"], row["flags"])
    return frames


def local_state(ours, frames, frame, ends=None):
    """Our state of the script's end after the latest row up to `frame` (between these two ends)."""
    for number in sorted((n for n in ours if n <= frame and n in frames), reverse=True):
        row = ours[number]
        if not row["stream"].startswith("tcp:") or row["direction"] == "":
            continue
        local_is_client = (frames[number][0] == "out") == (row["direction"] == ">")
        return row["client_state" if local_is_client else "server_state"].rstrip("?")
    return ""


def compare_packetdrill(table, sockstep, corpora):
    folder = os.path.join(corpora, "packetdrill")
    frames = script_frames(folder)
    for file, rows in by_file(folder, table_rows(os.path.join(folder, "states.tsv")), "pcap").items():
        ours = our_packets(sockstep, os.path.join(folder, file))
        for row in rows:
            compare_asserted(table, file, row, local_state(ours, frames[file], int(row["after_frame"] or 0)))
    for row in table_rows(os.path.join(folder, "SCRIPTS.tsv")):
        path = row["rendered_pcap"]
        if row["name_label"] and path and os.path.exists(os.path.join(folder, path)):
            compare_label(table, sockstep, folder, row, frames[row["rendered_pcap"]])


def compare_asserted(table, file, row, state):
    wanted = row["state"]
    agrees = state != wanted[4:] if wanted.startswith("NOT_") else state == wanted
    where = f"{file} after {row['after_frame']} ({row['how']})"
    table.count("packetdrill asserted states", agrees, where, state, wanted)


def compare_label(table, sockstep, folder, row, frames):
    """event=RCV_X state=Y: the state in which such a segment comes in. final_state=Y: that at the end, or before it."""
    label = dict(part.split("=") for part in row["name_label"].split())
    ours = our_packets(sockstep, os.path.join(folder, row["rendered_pcap"]))
    where = row["rendered_pcap"] + " " + row["name_label"]
    if "final_state" in label:
        states = {local_state(ours, frames, number) for number in frames}
        table.count("packetdrill name_label", label["final_state"] in states, where, states, label["final_state"])
        return
    flags = EVENTS[label["event"][len("RCV_"):]]
    arrivals = [number for number, (way, shown) in frames.items() if way == "in" and shown.replace("P", "") == flags]
    states = {local_state(ours, frames, number - 1) for number in arrivals}
    if label["state"] in ("CLOSED", "LISTEN") and states & {"", "?"}:
        table.count("packetdrill name_label, unknowable", True)
        return
    table.count("packetdrill name_label", label["state"] in states, where, states, label["state"])


def main():
    arguments = sys.argv[1:]
    detail = sys.stdout
    if "--detail" in arguments:
        at = arguments.index("--detail")
        detail = open(arguments[at + 1], "w")
        del arguments[at:at + 2]
    sockstep, corpora = arguments[:2]
    names = arguments[2:] or SETS
    table = Table(detail)
    compare_tshark(table, sockstep, corpora, names)
    if "zeek" in names:
        compare_zeek(table, sockstep, corpora)
    if "packetdrill" in names:
        compare_packetdrill(table, sockstep, corpora)
    for line in sorted(set(complaints)):
        print(line, file=detail)
    table.show()


main()
