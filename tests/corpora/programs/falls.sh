# Falls as shell scripts fall: by argument, one way each.
say() { printf '%s shop[%d]: %s\n' "$(date '+%b %e %H:%M:%S') web01" $$ "$1" >&2; }

say "cart 17 was opened"
case $1 in
    command) shop-that-is-not-there --charge 4711 ;;
    unbound) set -u; echo "$ORDER" ;;
    directory) cd /etc/shop/missing ;;
    redirect) echo 4711 > /etc/shop/missing/order ;;
    source) source /etc/shop/missing.sh ;;
    syntax) eval 'if true; then' ;;
    parameter) : "${ORDER:?is not set}" ;;
    division) echo $((1 / 0)) ;;
    bad) echo "${ORDER!}" ;;
    denied) touch /srv/till/denied; chmod 0 /srv/till/denied; /srv/till/denied ;;
    segmentation) bash -c 'kill -SEGV $$' ;;
    abort) bash -c 'kill -ABRT $$' ;;
    calm-printed) say "no error found, errors=0" ;;
esac
say "cart 17 was closed"
