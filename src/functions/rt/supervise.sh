# A sandbox whose runtime starts late, with its whole environment: of a function that has external extensions, a wrapper, or
# variables that a program reads only when it starts. $1 node  $2 folder of this file
# Orders come on descriptor 5, a line of shell each; what ended is told there. Extensions write to descriptor 6.
"$1" "$2/handover.cjs" 2>&1 || exit 1
exec 4>&-
unset GATEHOUSE_BOOT NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE
nl='
'
reset='env --default-signal'
$reset true 2>/dev/null || reset=
runtime=

# extension NAME FILE
extension() {
  (
    # what only the runtime is told (docs: runtimes-extensions-api, environment variables)
    unset AWS_EXECUTION_ENV AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_XRAY_CONTEXT_MISSING \
      AWS_XRAY_DAEMON_ADDRESS LAMBDA_RUNTIME_DIR LAMBDA_TASK_ROOT _AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_PORT _HANDLER
    cd /
    # a shell says how its programs end; the log is not for that
    exec 2>/dev/null
    $reset "$2" 3>&- 5>&- >&6 2>&6 6>&- </dev/null
    echo "extension $? $1" >&5
  ) &
}

# runtime COMMAND…
runtime() {
  (
    cd "$LAMBDA_TASK_ROOT"
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
