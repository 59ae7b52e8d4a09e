#!/bin/sh
# Boots systemd on a throw-away copy of this machine, in namespaces of its own: unshare -m sh systemd_boot.sh OUT
# Nothing outside OUT is written: the root is an overlay whose changes go to memory, and the old root is let go of.
# OUT/install is run first (in the copy), then OUT/rehearsal under systemd, which says its lines in OUT/log.
set -e
out=$1
mount --make-rprivate /
if [ "$2" != inside ]; then
  # Its control groups lie below one of ours, which goes with it.
  mount -t cgroup2 cgroup2 /mnt
  group=/mnt/yuebao-boot-$$
  mkdir $group
  echo 0 > $group/cgroup.procs
  unshare --kill-child -m -p -f -C -u -i -n sh "$0" "$out" inside || code=$?
  echo 0 > /mnt/cgroup.procs
  find $group -depth -type d -exec rmdir {} \;
  exit ${code:-0}
fi
mount -t tmpfs tmpfs /mnt
mkdir /mnt/changes /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work /mnt/root
root=/mnt/root
mount -t tmpfs tmpfs $root/tmp
mount -t tmpfs tmpfs $root/run
mount -t proc proc $root/proc
mount -t sysfs -o ro sysfs $root/sys
mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
mount -t tmpfs tmpfs $root/dev
for device in null zero full random urandom tty; do cp -a /dev/$device $root/dev/; done
mkdir $root/dev/pts $root/dev/shm $root/out
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
ln -s /proc/self/fd $root/dev/fd
mount -t tmpfs tmpfs $root/dev/shm
mount --bind "$out" $root/out
chroot $root /bin/sh /out/install
units=$root/etc/systemd/system
cat > $units/rehearsal.service <<UNIT
[Unit]
DefaultDependencies=no
Wants=dbus.service
After=dbus.service
[Service]
Type=oneshot
ExecStart=/bin/sh /out/rehearsal
ExecStopPost=/bin/sh -c 'systemctl poweroff -ff > /dev/null 2>&1'
StandardOutput=append:/out/log
StandardError=append:/out/log
UNIT
cd $root
pivot_root . mnt
umount -l /mnt
# As on a machine: a unit's mounts, such as its credentials, are seen by those who look from outside.
mount --make-rshared /
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=rehearsal.service --show-status=false
