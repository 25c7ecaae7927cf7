/*
 * Offloads of a network device. A packet that is captured and injected again has left the path on which a
 * device would complete it: checksum and segmentation must be done before it is captured, or its receiver
 * drops it.
 */
#ifndef SOCKSTEP_LAB_OFFLOAD_H
#define SOCKSTEP_LAB_OFFLOAD_H

/* Switches checksum, scatter, segmentation and receive offloads of a device of this network namespace off
 * (SIOCETHTOOL). 0 or -errno; what the device never had is no failure. */
int offload_off(const char *device);

#endif
