#!/bin/sh
# The first process of a host: gives it a name, an address and a file system, then boots it.
# $1: init folder, $2: lab folder, $3: name, $4: address, $5: its disk, $6: what its cluster shares
set -eu
init=$1 lab=$2 name=$3 address=$4 disk=$5 shared=$6
# /proc is still the machine's, so this is the process id that the machine knows
read -r pid _ </proc/self/stat
echo "$pid"
# its starter plugs the cable in before it answers
read -r _

hostname "$name"
ip link set lo up
ip address add "$address/16" dev eth0
ip link set eth0 up

root=$disk/root
mkdir -p "$disk/upper" "$disk/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$name" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /dev "$root/dev"
for folder in dev/shm tmp run root home; do
  mount -t tmpfs -o mode=755 "${folder##*/}" "$root/$folder"
done
chmod 1777 "$root/tmp" "$root/dev/shm"

cd "$root"
mkdir -p shared usr/lib/clusterdeck run/lab run/lock .machine
mount --bind "$shared" shared
mount --bind "$lab/programs" usr/lib/clusterdeck
mount --bind "$lab/programs/node" usr/lib/clusterdeck/node
if [ ! -e etc/lab-host ]; then
  # what the packages of the machine brought with them is not this host's: keys, state, accounts
  rm -rf etc/munge/munge.key etc/slurm/* etc/clusterdeck var/lib/clusterdeck var/lib/etcd \
    var/lib/munge/* var/lib/slurm/*/* var/log/slurm/*
  tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
  echo "$name" >etc/hostname
  rm -f etc/hosts etc/resolv.conf
  touch etc/hosts etc/resolv.conf
  cp usr/lib/clusterdeck/launcher usr/bin/node-agent
  install -m 755 "$init/agent.sh" usr/sbin/lab-agent
  install -m 755 "$init/serf.sh" usr/local/bin/serf
  echo "$address" >etc/lab-host
fi
# one file for all hosts stands in for a name server
mount --bind "$lab/hosts" etc/hosts

pivot_root . .machine
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  sh -c '
    umount -l /.machine
    cd /
    echo booted
    exec </dev/null >>/var/log/boot.log 2>&1
    sh /usr/sbin/lab-agent run &
    while :; do sleep 86400 & wait $!; done'
