# Builds a sandbox from inside fresh namespaces (util-linux unshare), as their root, then gives every privilege away.
# $1 new root  $2 fstab of its mounts  $3 host uid to become, or -  $4 processes  $5 open files  $6 data bytes or unlimited
# $7 cgroup.procs files to join, space-separated, or -  $8 program that loads the system call filter, or empty
# $9 ,+capability that the command gives away by itself, or empty  $10 user namespaces that it may make
# then the command
set -e
root=$1 fstab=$2 uid=$3 processes=$4 files=$5 data=$6 cgroups=$7 filter=$8 keep=$9 namespaces=${10}
shift 10
[ "$cgroups" = - ] || for procs in $cgroups; do echo $$ > "$procs"; done
mount -a -T "$fstab"
# the platform's names answer on ports 53, 80 and 443 of this namespace, without privileges
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
ip link set lo up 2>/dev/null || perl "$root/var/rapid/lo.pl" || python3 "$root/var/rapid/lo.py"
cd "$root"
pivot_root . old
umount -l /old
cd /
unset OLDPWD
identity=
[ "$uid" = - ] || identity="--reuid=$uid --regid=$uid --clear-groups"
# a second user namespace: nothing is mapped but the function's own id, and the function can make none inside it
exec setpriv --pdeathsig KILL $identity --inh-caps=-all --no-new-privs \
  unshare --user --map-user=993 --map-group=990 --keep-caps \
  sh -c 'limits=$1 filter=$2 keep=$3 namespaces=$4; shift 4
         echo "$namespaces" > /proc/sys/user/max_user_namespaces
         exec 2>&1
         exec prlimit $limits setpriv --ambient-caps=-all$keep --inh-caps=-all$keep --bounding-set=-all$keep \
           $filter sh /var/rapid/init.sh "$@"' \
  setup "--nofile=$files --core=0 --nproc=$processes --data=$data" "$filter" "$keep" "$namespaces" "$@"
