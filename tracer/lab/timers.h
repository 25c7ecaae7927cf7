/*
 * Textbook timers: kernels that have time, for sessions in which packets and calls are held by hand. A
 * retransmission timer of a minute, every segment acknowledged at once, no tail loss probes, and nobody gives
 * up. Set on the routes and in the namespaces of the lab only. The timers of SYN and SYN,ACK (1 s) cannot be
 * set; copies of a held packet are absorbed (lab/holds.c).
 */
#ifndef SOCKSTEP_LAB_TIMERS_H
#define SOCKSTEP_LAB_TIMERS_H

#define TEXTBOOK_RTO_MIN_MS 60000

static const struct lab_sysctl textbook_sysctls[] = {
    {"net.ipv4.tcp_early_retrans", "0"}, /* no tail loss probes */
    {"net.ipv4.tcp_syn_retries", "127"}, /* nobody gives up */
    {"net.ipv4.tcp_synack_retries", "255"},
    {"net.ipv4.tcp_retries2", "15"},
    {"net.ipv4.tcp_orphan_retries", "15"},
    {"net.ipv4.tcp_fin_timeout", "3600"}, /* FIN_WAIT_2 of a program that has ended */
};

#endif
