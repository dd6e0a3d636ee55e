# Loads a system call filter for this process and becomes the command: filter.py FILTER COMMAND…
import ctypes
import os
import sys

with open(sys.argv[1], "rb") as file:
    filter = file.read()


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


program = Program(len(filter) // 8, filter)
libc = ctypes.CDLL(None, use_errno=True)
# PR_SET_SECCOMP, SECCOMP_MODE_FILTER
if libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0:
    sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[2], sys.argv[2:])
