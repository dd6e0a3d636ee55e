# Loads a system call filter for this process and becomes the command: filter.pl FILTER [--root ROOT ENVIRONMENT FOLDER] COMMAND…
# With a root, that becomes the root first, and the right to do so is given away. The command's environment is then what the
# file ENVIRONMENT says, which is removed.
use Config;
my $arm = $Config{archname} =~ /^aarch64/;
my $file = shift @ARGV;
open(my $in, '<:raw', $file) or die "$file: $!";
my $filter = do { local $/; <$in> };
if ($ARGV[0] eq '--root') {
    my (undef, $root, $environment, $folder) = splice(@ARGV, 0, 4);
    open(my $lines, '<:raw', $environment) or die "$environment: $!";
    %ENV = map { split /=/, $_, 2 } split /\0/, do { local $/; <$lines> };
    unlink($environment);
    chroot($root) or die "$root: $!";
    chdir($folder) or die "$folder: $!";
    # struct __user_cap_header_struct: _LINUX_CAPABILITY_VERSION_3, this process; two structs of three words: none
    my ($header, $none) = (pack('L i', 0x20080522, 0), pack('L6', 0, 0, 0, 0, 0, 0));
    syscall($arm ? 91 : 126, $header, $none) == 0 or die "capset: $!";
}
# struct sock_fprog: u16 length, pointer
my $program = pack('S x![P] P', length($filter) / 8, $filter);
# prctl: PR_SET_SECCOMP, SECCOMP_MODE_FILTER
syscall($arm ? 167 : 157, 22, 2, $program, 0, 0) == 0 or die "seccomp: $!";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!";
