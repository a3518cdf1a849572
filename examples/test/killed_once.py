"""killed_once.py MARKER COMMAND …: the command as a filter; the first time, it is killed (SIGKILL) in the middle of its output."""
import os
import signal
import subprocess
import sys

marker, command = sys.argv[1], sys.argv[2:]
try:
    os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
except FileExistsError:
    os.execvp(command[0], command)
process = subprocess.Popen(command, stdout=subprocess.PIPE)
passed = 0
while passed < 20000:  # past the schema and some record batches, not at the end of one
    part = os.read(process.stdout.fileno(), min(4096, 20000 - passed))
    if not part:
        sys.exit("the output ended after %d bytes, before anything could be killed" % passed)
    passed += os.write(1, part)
process.kill()
os.kill(os.getpid(), signal.SIGKILL)
