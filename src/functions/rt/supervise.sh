# A sandbox whose runtime starts late, with its whole environment: of a function that has external extensions, a wrapper, or
# variables that a program reads only when it starts. $1 node  $2 folder of this file
# Orders come on descriptor 5, a line of shell each; what ended is told there. Extensions write to descriptor 6.
"$1" "$2/handover.cjs" 2>&1 || exit 1
exec 4>&-
unset GATEHOUSE_BOOT NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE
nl='
'
reset='/usr/bin/env --default-signal'
$reset true 2>/dev/null || reset=
runtime=

# leave FILE NAME=VALUE…: an environment for what enters an image
leave() {
  file=$1
  shift
  (umask 077; printf '%s\0' "$@" > "$file")
}

# extension NAME HIDDEN COMMAND…
extension() {
  (
    name=$1
    unset $2
    shift 2
    cd /
    # a shell says how its programs end; the log is not for that
    exec 2>/dev/null
    $reset "$@" 3>&- 5>&- >&6 2>&6 6>&- </dev/null
    echo "extension $? $name" >&5
  ) &
}

# runtime COMMAND…
runtime() {
  (
    cd "${LAMBDA_TASK_ROOT:-/}"
    unset OLDPWD
    exec 7>&2 2>/dev/null
    GATEHOUSE_BOOT='{"late":true}' $reset "$@" 5>&- 6>&- </dev/null 2>&7 7>&- &
    child=$!
    exec 3>&-
    trap 'kill -TERM $child' TERM
    trap 'kill -KILL $child' USR1
    # a signal ends a wait
    while wait $child; status=$?; kill -0 $child 2>/dev/null; do :; done
    echo "runtime $status" >&5
  ) &
  runtime=$!
  exec 3>&-
}

# stop SIGNAL: TERM, or USR1 for the one that cannot be caught
stop() {
  [ -z "$runtime" ] || kill -"$1" "$runtime" 2>/dev/null
}

while IFS= read -r order <&5; do eval "$order"; done
