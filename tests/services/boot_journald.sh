#!/bin/sh
# Boot a real systemd in a container over a throw-away overlay of this machine's root, its journal kept over reboots, with
# two services that log what is written into their pipes. $1: the checkout, for /opt/checkout. $2: a folder for the overlay.
set -eu
checkout=$1 work=$2
for hierarchy in systemd unified; do
  if [ -d /sys/fs/cgroup/$hierarchy ]; then
    mkdir -p "/sys/fs/cgroup/$hierarchy/aiops-agent-journal"
    echo $$ > "/sys/fs/cgroup/$hierarchy/aiops-agent-journal/cgroup.procs"
  fi
done
mkdir -p "$work"
mount -t tmpfs -o size=1G tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
cp -r "$checkout" "$root/opt/checkout"
: > "$root/etc/machine-id"
rm -rf "$root"/etc/systemd/system/*.wants "$root"/var/log/journal  # none of the host's own units, nor its journal
for unit in systemd-networkd systemd-networkd-wait-online systemd-firstboot systemd-remount-fs systemd-udevd; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
cat > "$root/etc/systemd/journald.conf.d/test.conf" <<'JOURNAL'
[Journal]
Storage=persistent
RateLimitIntervalSec=0
SystemMaxFileSize=8M
JOURNAL
for name in shop bank; do
  cat > "$root/etc/systemd/system/$name.service" <<SERVICE
[Unit]
Description=Logs what is written into /run/$name.pipe
[Service]
ExecStartPre=/bin/sh -c 'rm -f /run/$name.pipe; mkfifo /run/$name.pipe'
ExecStart=/bin/sh -c 'exec cat 0<>/run/$name.pipe'
SERVICE
done
cat > "$root/etc/systemd/system/journal-test.target" <<'TARGET'
[Unit]
Description=The journal and what writes to it
Requires=basic.target dbus.service shop.service bank.service
After=basic.target dbus.service shop.service bank.service
AllowIsolate=yes
TARGET
mkdir -p "$root/etc/aiops-agent"
cat > "$root/etc/aiops-agent/config.yaml" <<'CONFIG'
state_dir: /var/lib/aiops-agent
sources:
  - {type: journald, units: [shop.service, bank.service], start: end}
CONFIG
code=133  # how systemd-nspawn ends when the container wants to start again
while [ "$code" = 133 ]; do
  code=0
  systemd-nspawn -q -D "$root" -b --machine=aiops-agent-journal --register=no --keep-unit --console=pipe \
    --private-network --settings=no systemd.unit=journal-test.target systemd.firstboot=off </dev/null || code=$?
done
exit "$code"
