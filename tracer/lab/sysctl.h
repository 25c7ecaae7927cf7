/*
 * Kernel settings by their dotted names, through /proc/sys: those of the network are the ones of the network
 * namespace we are in.
 */
#ifndef SOCKSTEP_LAB_SYSCTL_H
#define SOCKSTEP_LAB_SYSCTL_H

#include <stddef.h>

/* 0 or -errno: -ENOENT when this kernel has no such setting, -EROFS when /proc/sys cannot be written here,
 * -EINVAL when the name is not one. */
int sysctl_set(const char *name, const char *value);

/* The value without its newline, cut to fit. 0 or -errno. */
int sysctl_get(const char *name, char *ret_value, size_t room);

#endif
