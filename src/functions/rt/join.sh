# A plain process without namespaces: joins its control groups ($1: cgroup.procs files, or -), then becomes the runtime.
groups=$1
shift
[ "$groups" = - ] || for procs in $groups; do echo $$ > "$procs"; done
exec 2>&1
exec "$@"
