// An SFTP server over this process's standard input and output, as the user that the process runs as.
// Knows files and bytes; knows no lane, no login and no log. Rules: draft-ietf-secsh-filexfer-02 (version 3).
#ifndef NOVALET_LANE_SFTP_H
#define NOVALET_LANE_SFTP_H

/**
 * Serves until the input ends and gives the status to exit with: 0 when the client went away between two packets, 1
 * when it broke the protocol, went away within a packet or read no more. With `read_only`, whatever would change a
 * file, a directory or their attributes is refused. Begins in $HOME where that can be entered, else in /.
 * Once a process: changes the working directory, ignores SIGPIPE and SIGXFSZ, and may leave lines on stderr.
 */
int sftp_main(int read_only);

#endif
