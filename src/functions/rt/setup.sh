# Builds a sandbox from inside fresh namespaces (util-linux unshare), as their root, then gives every privilege away.
# $1 new root  $2 fstab of its mounts  $3 host uid to become, or -  $4 processes  $5 open files  $6 data bytes or unlimited
# $7 cgroup.procs files to join, space-separated, or -  $8 program that loads the system call filter, or empty
# then the command
set -e
root=$1 fstab=$2 uid=$3 processes=$4 files=$5 data=$6 cgroups=$7 filter=$8
shift 8
[ "$cgroups" = - ] || for procs in $cgroups; do echo $$ > "$procs"; done
mount -a -T "$fstab"
# the platform's names answer on ports 53, 80 and 443 of this namespace, without privileges
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
ip link set lo up 2>/dev/null || perl "$root/var/rapid/lo.pl" || python3 "$root/var/rapid/lo.py"
cd "$root"
pivot_root . old
umount -l /old
cd /
identity=
[ "$uid" = - ] || identity="--reuid=$uid --regid=$uid --clear-groups"
# a second user namespace: nothing is mapped but the function's own id, and none can be made inside it
exec setpriv --pdeathsig KILL $identity --inh-caps=-all --no-new-privs \
  unshare --user --map-user=993 --map-group=990 --keep-caps \
  sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
         exec 2>&1
         limits=$1 filter=$2; shift 2
         exec prlimit $limits setpriv --ambient-caps=-all --inh-caps=-all --bounding-set=-all \
           $filter sh /var/rapid/init.sh "$@"' \
  setup "--nofile=$files --core=0 --nproc=$processes --data=$data" "$filter" "$@"
