# Runs a command on a terminal of 31 rows and 97 columns, and is the person before it: stdin are keys, stdout is what is
# seen. SIGUSR1 makes the window 40 by 120. Ends as the command does.
import fcntl, os, pty, select, signal, struct, sys, termios


def size(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
size(31, 97)
signal.signal(signal.SIGUSR1, lambda *_: size(40, 120))
sources = [0, terminal]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        keys = os.read(0, 4096)
        if keys:
            os.write(terminal, keys)
        else:
            sources.remove(0)
    if terminal in ready:
        try:
            seen = os.read(terminal, 65536)
        except OSError:  # EIO: nobody holds the other end
            break
        os.write(1, seen)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
