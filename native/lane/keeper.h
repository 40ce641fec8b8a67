// The keeper: one per guest, with one child for each lane's port.
#ifndef LANE_KEEPER_H
#define LANE_KEEPER_H

/** Gives the exit status. Calls `prepare` when it is the only keeper. */
int keeper_main(void (*prepare)(void));

#endif
