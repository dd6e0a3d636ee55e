# Process 1 of a sandbox: reaps orphans, ends with its command. The platform's descriptors belong to that alone.
"$@" &
exec 3>&- 4>&- 5>&- 6>&-
wait $!
