/**
 * The command {@code bench lwaftr}: how fast the engine forwards, loads and changes its table, beside a loop in C that
 * does the least possible. {@link io.portledger.lwaftr.bench.LwaftrBench} starts {@link io.portledger.lwaftr.bench.Fork}
 * again and again; what is measured runs there.
 */
package io.portledger.lwaftr.bench;
