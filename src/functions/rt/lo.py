# Brings the loopback interface up where iproute2 and perl are missing: SIOCSIFFLAGS with IFF_UP.
import fcntl, socket, struct

fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, struct.pack("16sh22x", b"lo", 1))
