# Falls in other ways than `falls.sh`.
say() { printf '%s INFO till: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$1" >&2; }

say "cart 17 was opened"
case $1 in
    array) set -u; declare -a all=(); echo "${all[3]}" ;;
    readonly) readonly TEA=1; TEA=2 ;;
    test) [ 3 -eq four ] ;;
    exec) exec /srv/till/missing --pour ;;
    local) local tea=1 ;;
    cd) cd /root/missing/tea ;;
    kill) kill -9 99999999 ;;
    killed) bash -c 'kill -KILL $$' ;;
    let) let "tea = 3 +" ;;
    shift) set -e; source /dev/stdin <<< 'for tea in 1 2; do' ;;
esac
say "cart 17 was closed"
