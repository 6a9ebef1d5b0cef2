# Without an argument, builds the program that falls in C++ four times: as it is, and under each family of sanitizers.
# With `kind/way`, lets that kind of it fall that way.
if [ $# = 1 ]; then exec ./"${1%/*}" "${1#*/}"; fi
set -e
g++ -g -O0 -w -std=c++17 -U_FORTIFY_SOURCE -fstack-protector-all falls.cpp -o plain -pthread
g++ -g -O1 -w -std=c++17 -fsanitize=address -fno-omit-frame-pointer falls.cpp -o address -pthread
g++ -g -O0 -w -std=c++17 -fsanitize=undefined falls.cpp -o undefined -pthread
g++ -g -O1 -w -std=c++17 -fsanitize=thread falls.cpp -o thread -pthread
