#!/bin/sh
# Switches a host on, within the lab's namespaces. Its disk is mounted once and outlives its power.
# $1: init folder, $2: lab folder, $3: name, $4: address, $5: cluster, $6: size of the disk
set -eu
disk=$2/disks/$3 shared=$2/disks/shared-$5
mkdir -p "$disk" "$shared"
mountpoint -q "$shared" || mount -t tmpfs -o mode=755,size=256m "shared-$5" "$shared"
mountpoint -q "$disk" || mount -t tmpfs -o "mode=755,size=$6" "$3" "$disk"
exec unshare -n -m -u -i -p --fork --kill-child=SIGKILL --propagation private \
  sh "$1/host.sh" "$1" "$2" "$3" "$4" "$disk" "$shared"
