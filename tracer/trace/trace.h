/*
 * The trace file: a pcapng that Wireshark, tshark and tcpdump open (docs/TRACE-FORMAT.md). Packets are
 * Enhanced Packet Blocks, everything else systemd Journal Export Blocks that carry the event as JSON.
 */
#ifndef SOCKSTEP_TRACE_TRACE_H
#define SOCKSTEP_TRACE_TRACE_H

#include "event/sink.h"
#include "source/source.h"

struct buf;

/* A sink that writes `path`. It writes path.part block by block, and renames it when the record is complete.
 * When writing fails (a full disk) what is on the disk so far stays readable as path.part, and the error says
 * so. sink->free without end keeps path.part if it holds at least one event, else removes it. NULL with err
 * when it cannot be created. */
struct sink *trace_writer_new(const char *path, struct err *err);

/* The same file in memory: added to `out` (empty, borrowed until free). Never NULL, and cannot fail. */
struct sink *trace_writer_to_memory(struct buf *out);

/* A capture of packets alone, as `tcpdump -w` would have written it at one place: pcapng, or the old pcap.
 * `host` is the name of the place: what it sent, when it left, and what reached it, when it arrived; NULL is
 * the wire, which saw every packet as it left. Packets are in the order of their times there. The pcapng has
 * the names of the hosts, and the causes as comments. Added to `out` (empty, borrowed until free). */
enum capture_format { CAPTURE_FORMAT_PCAPNG, CAPTURE_FORMAT_PCAP };
struct sink *capture_writer_to_memory(struct buf *out, enum capture_format format, const char *host);

/* A source that reads a trace, or any pcapng or pcap (packets only). `path` "-" is standard input. *ret_info
 * is filled from the file. NULL with err when it is not such a file. A file that is cut short gives its
 * events up to the cut and then a GAP event with the reason, and a line in *ret_warning (empty otherwise;
 * valid when drain has returned 0). */
struct source *trace_reader_new(const char *path, struct session_info *ret_info, struct err *ret_warning,
                                struct err *err);

/* The same from memory; borrowed. For tests and the fuzz harness. */
struct source *trace_reader_from_memory(const uint8_t *bytes, size_t count, struct session_info *ret_info,
                                        struct err *ret_warning, struct err *err);

#endif
