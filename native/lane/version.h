// Which build this is.
#ifndef LANE_VERSION_H
#define LANE_VERSION_H

/** Sixteen hexadecimal digits, of the sources; see the Makefile. */
extern const char build_id[];

#endif
