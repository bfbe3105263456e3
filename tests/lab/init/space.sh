#!/bin/sh
# The first process of a lab, alone in namespaces of its own: when it ends, everything that the lab
# started and mounted goes with it. $1: the lab's folder, $2: the Node the agents run on.
set -eu
# /proc is still the machine's, so this is the process id that the machine knows
read -r pid _ </proc/self/stat
echo "$pid"
# its starter answers once it has noted this process; a starter that died answers nothing
read -r _
mount -t tmpfs -o mode=755,size=1m disks "$1/disks"
mount --bind "$2" "$1/programs/node"
ip link set lo up
ip link add lab0 type bridge
ip address add 10.77.0.1/16 dev lab0
ip link set lab0 up
echo ready
exec </dev/null >/dev/null 2>&1
while :; do
  sleep 86400 &
  wait $!
done
