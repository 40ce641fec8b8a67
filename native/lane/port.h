// One virtio port: sessions while the host end is there, and cheap waiting while it is not.
#ifndef LANE_PORT_H
#define LANE_PORT_H

#define PORT_GONE 0  // or busy: to be looked for again
#define PORT_QUIT 9  // the host end said QUIT

/** Serves the device until it is gone. Gives the exit status of the process that does so. */
int port_serve(const char *path);

#endif
