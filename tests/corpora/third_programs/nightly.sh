#!/bin/bash
# A nightly job: `nightly.sh WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
ways=(plain stamped logger piped)
cases=(copy mount command script number variable substitution disk permission python service parse signal)
if [ "$1" = list ]; then echo "${ways[@]}"; echo "${cases[@]}"; exit; fi
way=$1 case=$2
exec 2>&1
begin() { printf '\002\n'; }
end() { printf '\003\n'; }
say() {
  case $way in
    stamped) echo "[$(date -u '+%F %T')] $1: $2" ;;
    logger) echo "$(date -u '+%b %d %T') web-3 nightly[871]: $2" ;;
    *) echo "$2" ;;
  esac
}
step() {
  case $case in
    copy) cp /var/lib/shop/orders.db /backup/orders.db ;;
    mount) cat /backup/LAST ;;
    command) pg_dumpall_all --version ;;
    script) /opt/shop/bin/rotate ;;
    number) [ "n/a" -gt 3 ] ;;
    variable) (set -u; echo "$BACKUP_TARGET") ;;
    substitution) (: "${BACKUP_HOST:?must be set}") ;;
    disk) dd if=/dev/zero of=/dev/full bs=1k count=1 status=none ;;
    permission) rm /proc/version ;;
    python) gzip -t "$0" ;;
    service) (cd /srv/shop/releases/current && make) ;;
    parse) bash -c 'if [ -f x ]; then echo y' ;;
    signal) sh -c 'kill -SEGV $$' ;;
  esac
}
say INFO "backup of shop started"
say INFO "42 tables, errors=0"
say WARN "disk /backup is 81% full"
case $way in
  stamped) why=$(step 2>&1 | head -1); begin; say ERROR "step $case failed: $why"; end ;;
  logger) begin; say ERROR "error: step $case failed with exit code 1"; end ;;
  piped) begin; step; end; begin; say ERROR "FATAL: $case did not succeed, giving up"; end ;;
  *) begin; step; end ;;
esac

say INFO "pruning snapshots older than 14 days"
say INFO "done, 0 failed"
