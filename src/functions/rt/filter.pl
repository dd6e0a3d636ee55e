# Loads a system call filter for this process and becomes the command: filter.pl FILTER COMMAND…
use Config;
my $file = shift @ARGV;
open(my $in, '<:raw', $file) or die "$file: $!";
my $filter = do { local $/; <$in> };
# struct sock_fprog: u16 length, pointer
my $program = pack('S x![P] P', length($filter) / 8, $filter);
my $prctl = $Config{archname} =~ /^aarch64/ ? 167 : 157;
# PR_SET_SECCOMP, SECCOMP_MODE_FILTER
syscall($prctl, 22, 2, $program, 0, 0) == 0 or die "seccomp: $!";
exec(@ARGV) or die "$ARGV[0]: $!";
