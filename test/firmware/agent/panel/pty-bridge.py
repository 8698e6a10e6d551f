"""A serial cable: a pseudo-terminal whose far end is this process's standard input and output. Prints the terminal's name as its first line.

Ends, and thereby pulls the cable, when standard input ends. What the near end does not read is lost, as on a real line.
"""
import os
import select
import sys
import termios
import tty

master, slave = os.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
os.write(1, (os.ttyname(slave) + "\n").encode())
while True:
    readable, _, _ = select.select([0, master], [], [])
    if 0 in readable:
        data = os.read(0, 4096)
        if not data:
            break
        try:
            os.write(master, data)
        except BlockingIOError:
            termios.tcflush(slave, termios.TCIFLUSH)
    if master in readable:
        os.write(1, os.read(master, 4096))
sys.exit(0)
