/*
 * The numbers of pcapng (draft-ietf-opsawg-pcapng) and of pcap that reading and writing share.
 */
#ifndef SOCKSTEP_TRACE_PCAPNG_H
#define SOCKSTEP_TRACE_PCAPNG_H

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_OBSOLETE_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_NAMES = 4,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_JOURNAL = 9,
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

enum block_option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_CUSTOM_TEXT =
        2988, /* a number of an enterprise, then UTF-8; kept by programs that copy the block */
    OPTION_CUSTOM_TEXT_HERE = 19372, /* the same, but not to be copied */
    OPTION_SECTION_OS = 3,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_INTERFACE_OFFSET = 14,
    OPTION_PACKET_FLAGS = 2,
    OPTION_PACKET_ID = 5,
};

enum name_record { NAME_RECORD_END = 0, NAME_RECORD_IPV4 = 1, NAME_RECORD_IPV6 = 2 };

enum packet_direction { PACKET_INBOUND = 1, PACKET_OUTBOUND = 2 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

/* The section length of the format stays unknown: editcap would copy it into files of another length. The
 * length of a section as its writer left it is the text of OWN_SECTION, which is not copied: bytes with the
 * section header, in decimal, 20 digits; 0 while the recording goes on. */
#define SECTION_LENGTH_UNKNOWN UINT64_MAX
#define OWN_SECTION_DIGITS     20

/* Custom options need an enterprise number. This one is set aside for documentation (RFC 5612); the text
 * behind it begins with a name of ours, so that nobody else's is mistaken for it. */
#define ENTERPRISE_NUMBER 32473u
#define JSON_KEY          "SOCKSTEP_JSON"
#define OWN_SECTION       "SOCKSTEP_SECTION"

/* Wireshark refuses a file with a longer packet or journal entry. */
#define READERS_MAX_BYTES 262144u

#endif
