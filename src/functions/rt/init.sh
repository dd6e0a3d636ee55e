# Process 1 of a sandbox: reaps orphans, ends with the runtime. The channel's descriptors belong to the runtime alone.
"$@" &
exec 3>&- 4>&-
wait $!
