#!/bin/bash
# What the shell prints when a script falls, case by case.
set -eu
case "$1" in
  missing) charge_orders --all ;;
  unbound) echo "$totl" ;;
  denied) /srv/shop/services.php ;;
  file) cat </srv/shop/missing.json ;;
  nowhere) /srv/shop/bin/charge ;;
  folder) cd /srv/shop/missing ;;
  tool) ls /srv/shop/missing ;;
  syntax) printf 'if true; then\n  echo tea\n' >/srv/shop/broken.sh; bash /srv/shop/broken.sh ;;
  killed) bash -c 'kill -SEGV $$'; echo over ;;
esac
