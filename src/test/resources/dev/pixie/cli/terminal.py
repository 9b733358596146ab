"""Runs a command on a pseudo-terminal: terminal.py COLUMNS INPUT COMMAND...

What the terminal shows goes to standard output, the command's exit code is the exit code. INPUT is typed once
the command has asked something (its output ends without a line break).
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

columns, typed, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(columns), 0, 0))
    os.execvp(command[0], command)

pending = typed.encode()
while True:
    try:
        shown = os.read(terminal, 65536)
    except OSError:  # the command has closed its end
        break
    if not shown:
        break
    sys.stdout.buffer.write(shown)
    sys.stdout.buffer.flush()
    if pending and shown.endswith(b"] ") and not select.select([terminal], [], [], 0.2)[0]:
        os.write(terminal, pending)
        pending = b""

sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
