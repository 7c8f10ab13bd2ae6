# Makes a machine of the namespaces that it is started in, and becomes its systemd.
# $1 is a cgroup directory, $2 an empty directory, $3 a file for what systemd says.
set -eu
mount --make-rprivate /

# Its root is this machine's, copied on write. What daemons keep there has to be on a
# file system of its own: an overlay cannot be the upper directory of another one.
mount -t tmpfs -o mode=755 tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
exec 3>>"$3"
# A write of 0 is about the writer, whatever its pid is called here.
echo 0 >"$1/cgroup.procs"
cd "$2/root"

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sysfs sys
for dir in run tmp var/lib/docker var/lib/containerd var/lib/kubelet var/lib/unbusy; do
	mkdir -p "$dir"
	mount -t tmpfs -o mode=755 tmpfs "$dir"
done
chmod 1777 tmp

mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty fuse; do
	: >"dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# What runs is what the test says. Debian's own units are there to be started.
rm -rf etc/systemd/system etc/docker etc/containerd etc/unbusy
mkdir -p etc/systemd/system etc/docker etc/containerd etc/unbusy
cat >etc/systemd/system/machine.target <<'X'
[Unit]
Description=the machine of a test
Requires=basic.target
After=basic.target
X

mkdir .old
pivot_root . .old
umount -l /.old
rmdir /.old
# systemd does not do so where it is told that it is in a container, and without
# being told it would look for hardware.
mount --make-rshared /
echo the root is made
exec unshare --cgroup sh -ec '
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	exec env -i container=unbusy PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/lib/systemd/systemd --system --unit=machine.target --log-target=console --show-status=no \
		</dev/null >&3 2>&3'
