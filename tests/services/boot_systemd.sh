#!/bin/sh
# Boot a real systemd in a container over a throw-away overlay of this machine's root, with the agent installed from the
# checkout $1 into /opt/aiops-agent and its units enabled, the timer hastened. $2: a folder for the overlay.
set -eu
checkout=$1 work=$2
for hierarchy in systemd unified; do
  if [ -d /sys/fs/cgroup/$hierarchy ]; then
    mkdir -p "/sys/fs/cgroup/$hierarchy/aiops-agent-test"
    echo $$ > "/sys/fs/cgroup/$hierarchy/aiops-agent-test/cgroup.procs"
  fi
done
mkdir -p "$work"
mount -t tmpfs -o size=2G tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mkdir -p "$root/opt" "$root/run/systemd/system"
mount -t tmpfs tmpfs "$root/tmp"
cp -r "$checkout" "$root/opt/checkout"
chroot "$root" make -C /opt/checkout install PREFIX=/opt/aiops-agent PYTHON=/usr/bin/python3 >&2
umount -l "$root/dev" "$root/proc" "$root/tmp"
: > "$root/etc/machine-id"
rm -rf "$root"/etc/systemd/system/*.wants  # none of the host's own units
for unit in systemd-networkd systemd-networkd-wait-online systemd-firstboot systemd-remount-fs systemd-udevd; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
cp "$checkout"/packaging/systemd/aiops-agent*.service "$checkout"/packaging/systemd/aiops-agent.timer "$root/etc/systemd/system/"
chroot "$root" systemd-sysusers /opt/checkout/packaging/systemd/aiops-agent.sysusers >&2
sed -i 's/^OnBootSec=.*/OnBootSec=1s/; s/^OnUnitActiveSec=.*/OnUnitActiveSec=2s/; s/^AccuracySec=.*/AccuracySec=100ms/; s/^Randomized.*//' \
  "$root/etc/systemd/system/aiops-agent.timer"
sed -i '/^Wants=network-online.target/d' "$root"/etc/systemd/system/aiops-agent*.service
cat > "$root/etc/systemd/system/agent-test.target" <<'TARGET'
[Unit]
Description=The agent and what it needs
Requires=basic.target dbus.service aiops-agent.timer
After=basic.target dbus.service
AllowIsolate=yes
TARGET
mkdir -p "$root/etc/aiops-agent" "$root/var/log/shop"
cat > "$root/etc/aiops-agent/config.yaml" <<'CONFIG'
state_dir: /var/lib/aiops-agent
sources:
  - {type: file, paths: ["/var/log/shop/*.log"], service: shop.service, start: beginning}
CONFIG
# As Debian's rsyslog leaves its files: for root and the group adm alone.
echo '2026-11-23 03:00:00,001 ERROR shop: OSError: [Errno 28] No space left on device' > "$root/var/log/shop/shop.log"
chown root:adm "$root/var/log/shop/shop.log"
chmod 0640 "$root/var/log/shop/shop.log"
exec systemd-nspawn -q -D "$root" -b --machine=aiops-agent-test --register=no --keep-unit --console=pipe \
  --private-network --settings=no systemd.unit=agent-test.target systemd.firstboot=off </dev/null
