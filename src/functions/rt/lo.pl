# Brings the loopback interface up where iproute2 is missing: SIOCSIFFLAGS with IFF_UP.
use Socket;
socket(my $s, AF_INET, SOCK_DGRAM, 0) or die $!;
my $request = pack('Z16 s x22', 'lo', 1);
ioctl($s, 0x8914, $request) or die $!;
