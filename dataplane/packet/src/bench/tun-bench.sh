#!/bin/sh
# Compares TunDevice with C that uses io_uring in the same way: a forwarder on one core, a generator on another, in a
# network namespace whose kernel drops what comes back at once. Two figures, both from the kernel's counters:
#
#   M packets for each second of the forwarder's CPU time    says what a core does, on a busy machine too
#   M packets for each second of the clock                   the same if the machine is idle and the forwarder saturated
#
#   tun-bench.sh [ROUNDS] [OCTETS]      5 rounds of 550 octets by default; a round takes about 25 seconds if idle
#
# Needs root, iproute2, a C compiler, JAVA_HOME and a module that is built with its tests (mvn test-compile).
set -eu
rounds=${1:-5} octets=${2:-550}
warm_up=${WARM_UP_CPU_MILLIS:-2500} measured=${MEASURED_CPU_MILLIS:-2000} limit=${LIMIT_SECONDS:-60}
module=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
namespace=tun-bench-$$
device=bench
forwarder='' generator=''

stop() {
    for process in $generator $forwarder; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    forwarder='' generator=''
}
trap 'stop; ip netns del $namespace 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

cc -O2 -o "$work/tun-io-uring" "$module/src/bench/tun-io-uring.c"
ip netns add $namespace
ip netns exec $namespace sysctl -q -w net.ipv6.conf.default.disable_ipv6=1

count() { ip netns exec $namespace cat /sys/class/net/$device/statistics/"$1"; }
cpu_micros() { cat /proc/"$forwarder"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d\n", sum / 1000 }'; }

# Waits until the forwarder has used so many milliseconds of CPU time; on a machine too busy for that, not for ever.
use_cpu() {
    until_micros=$(($(cpu_micros) + $1 * 1000))
    until_second=$(($(date +%s) + limit))
    while [ "$(cpu_micros)" -lt $until_micros ] && [ "$(date +%s)" -lt $until_second ]; do sleep 0.1; done
}

# forward NAME COMMAND...: one measurement
forward() {
    name=$1
    shift
    ip netns exec $namespace taskset -c 0 "$@" >"$work/log" 2>&1 &
    forwarder=$!
    tries=0
    until ip netns exec $namespace ip link set $device txqueuelen 1000 up 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { cat "$work/log"; exit 1; }
        sleep 0.1
    done
    ip netns exec $namespace ip address add 192.0.2.1/24 dev $device
    ip netns exec $namespace taskset -c 1 "$work/tun-io-uring" generate "$octets" &
    generator=$!
    use_cpu "$warm_up"
    packets=$(count rx_packets) dropped=$(count tx_dropped) cpu=$(cpu_micros) start=$(date +%s%N)
    use_cpu "$measured"
    packets=$(($(count rx_packets) - packets)) cpu=$(($(cpu_micros) - cpu)) nanos=$(($(date +%s%N) - start))
    dropped=$(($(count tx_dropped) - dropped))
    stop
    echo "$packets $cpu $nanos" | awk '{ printf "%.3f %.3f\n", $1 / $2, $1 * 1000 / $3 }' >>"$work/$name"
    echo "$name: $(tail -n 1 "$work/$name" | sed 's|\(.*\) \(.*\)|\1 M/CPU-s, \2 M/s|'), $dropped dropped unforwarded"
}

java_with() {
    name=$1
    shift
    forward "$name" "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -Xmx256m -XX:+UseSerialGC \
        -cp "$module/target/classes:$module/target/test-classes" io.portledger.packet.TunBench $device "$@"
}

round=0
while [ $round -lt "$rounds" ]; do
    forward c "$work/tun-io-uring" forward $device 256
    java_with java
    forward c-joint "$work/tun-io-uring" forward $device 64 joint
    java_with java-one-by-one one-by-one
    round=$((round + 1))
done

# statistics NAME COLUMN: min, median and max
statistics() {
    cut -d ' ' -f "$2" "$work/$1" | sort -n | awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)], v[NR] }'
}

for column in 1 2; do
    echo
    [ $column = 1 ] && echo "M packets of $octets octets for each CPU second, $rounds rounds: min median max" \
        || echo "M packets of $octets octets for each second: min median max"
    for name in c c-joint java java-one-by-one; do echo "$name: $(statistics $name $column)"; done
    echo "java / c, of the medians: $(echo "$(statistics java $column) $(statistics c $column)" |
        awk '{ printf "%.2f", $2 / $5 }')"
done
