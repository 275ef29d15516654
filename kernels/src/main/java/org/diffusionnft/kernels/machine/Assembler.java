package org.diffusionnft.kernels.machine;

import java.io.ByteArrayOutputStream;

/**
 * Writes x86-64 machine code: the few instructions that the micro-kernels need, in the order of the
 * calls.
 *
 * <p>Vector registers are numbers from 0 to 31, masks from 1 to 7. Operands are in Intel order,
 * destination first.
 */
public final class Assembler {
  private static final int NO_REGISTER = 0;
  private static final int NO_MASK = 0;

  private final ByteArrayOutputStream code = new ByteArrayOutputStream();

  /** The code written so far. */
  public byte[] code() {
    return code.toByteArray();
  }

  /** Number of bytes written so far: the position of the next instruction. */
  public int position() {
    return code.size();
  }

  private void bytes(int... values) {
    for (int value : values) {
      code.write(value);
    }
  }

  private void number(int value) {
    bytes(value, value >> 8, value >> 16, value >> 24);
  }

  // --- general registers
  // -----------------------------------------------------------------------------------------

  /** {@code register += value}. */
  public void add(Gp register, int value) {
    bytes(0x48 | register.high(), 0x81, 0xC0 | register.low());
    number(value);
  }

  /** {@code to += from}. */
  public void add(Gp to, Gp from) {
    bytes(0x48 | from.high() << 2 | to.high(), 0x01);
    registers(from, to);
  }

  /** {@code to = from}. */
  public void move(Gp to, Gp from) {
    bytes(0x48 | from.high() << 2 | to.high(), 0x89);
    registers(from, to);
  }

  /** {@code to = from}, 32 bits; the upper half becomes 0. */
  public void moveInt(Gp to, Gp from) {
    prefix(from.high() << 2 | to.high());
    bytes(0x89);
    registers(from, to);
  }

  /** {@code to = value}, 32 bits; the upper half becomes 0. */
  public void moveInt(Gp to, int value) {
    prefix(to.high());
    bytes(0xB8 | to.low());
    number(value);
  }

  /** {@code to} = an argument that was passed on the stack, counted from 0; 64 bits. */
  public void stackArgument(Gp to, int index) {
    // The return address comes first.
    bytes(0x48 | to.high() << 2, 0x8B, 0x44 | to.low() << 3, 0x24, 8 + 8 * index);
  }

  /** Loads 64 bits. */
  public void load(Gp to, At from) {
    bytes(0x48 | to.high() << 2 | from.base().high(), 0x8B);
    place(to.low(), from);
  }

  /** Asks for the cache line at {@code base + 4 * index}, which will be read. */
  public void fetch(Gp base, Gp index) {
    prefix(index.high() << 1 | base.high());
    boolean rbp = base.low() == Gp.RBP.low(); // it and R13 need a displacement
    // prefetcht1: into the L2 cache
    bytes(0x0F, 0x18, (rbp ? 0x40 : 0) | 2 << 3 | 4, 2 << 6 | index.low() << 3 | base.low());
    if (rbp) {
      bytes(0);
    }
  }

  /** Asks for the cache line at an address, which will be written. */
  public void fetchToWrite(At at) {
    prefix(at.base().high());
    bytes(0x0F, 0x0D);
    place(1, at); // prefetchw
  }

  /** Stores 32 bits. */
  public void storeInt(At to, Gp from) {
    prefix(from.high() << 2 | to.base().high());
    bytes(0x89);
    place(from.low(), to);
  }

  /** The operand bytes of a place in memory: always with a displacement of 32 bits. */
  private void place(int register, At at) {
    bytes(0x80 | register << 3 | at.base().low());
    number(at.displacement());
  }

  /** {@code register = 0}. */
  public void zero(Gp register) {
    prefix(register.high() << 2 | register.high());
    bytes(0x31);
    registers(register, register);
  }

  /** {@code register >>>= count}, 32 bits. */
  public void shiftRightInt(Gp register, int count) {
    prefix(register.high());
    bytes(0xC1, 0xE8 | register.low(), count);
  }

  /** {@code register -= 1}; sets the flag that {@link #jumpIfNotZero} tests. */
  public void decrement(Gp register) {
    bytes(0x48 | register.high(), 0xFF, 0xC8 | register.low());
  }

  /** Jumps to an earlier position unless the previous result was 0. */
  public void jumpIfNotZero(int position) {
    bytes(0x0F, 0x85);
    number(position - (position() + 4));
  }

  /** Saves a register. */
  public void push(Gp register) {
    prefix(register.high());
    bytes(0x50 | register.low());
  }

  /** Restores the register saved last. */
  public void pop(Gp register) {
    prefix(register.high());
    bytes(0x58 | register.low());
  }

  /** The REX prefix that registers from R8 on need; 64-bit instructions always have one. */
  private void prefix(int high) {
    if (high != 0) {
      bytes(0x40 | high);
    }
  }

  private void registers(Gp first, Gp second) {
    bytes(0xC0 | first.low() << 3 | second.low());
  }

  /** Queries processor features: leaf in EAX, sub-leaf in ECX, result in EAX, EBX, ECX, EDX. */
  public void cpuid() {
    bytes(0x0F, 0xA2);
  }

  /** Which register state the system saves: number in ECX, result in EDX:EAX. */
  public void xgetbv() {
    bytes(0x0F, 0x01, 0xD0);
  }

  /** Returns to the caller. */
  public void ret() {
    bytes(0xC3);
  }

  // --- vectors and masks
  // -----------------------------------------------------------------------------------------

  /** Puts the low 16 bits of a register into a mask. */
  public void mask(int mask, Gp from) {
    // Two-byte VEX reaches only the first eight registers, so always use three bytes.
    bytes(0xC4, 0xC1 | (1 - from.high()) << 5, 0x78, 0x92, 0xC0 | mask << 3 | from.low());
  }

  /** Zeros the upper parts of the vector registers, which would slow down SSE instructions. */
  public void zeroUpper() {
    bytes(0xC5, 0xF8, 0x77);
  }

  /** An instruction with three vector operands. */
  public void vector(Vector op, int to, int first, int second) {
    masked(op, to, first, second, NO_MASK);
  }

  /** An instruction with three vector operands; lanes outside the mask become zero. */
  public void masked(Vector op, int to, int first, int second, int mask) {
    evex(op, to, first, mask, mask != NO_MASK, second >> 4 & 1, second >> 3 & 1);
    bytes(0xC0 | (to & 7) << 3 | (second & 7));
  }

  /**
   * An instruction with three vector operands and an immediate: a lane selection or a comparison
   * predicate.
   */
  public void vector(Vector op, int to, int first, int second, int choice) {
    vector(op, to, first, second);
    bytes(choice);
  }

  /** {@code to = from << count} in each lane of 32 bits. */
  public void shiftLeft(int to, int from, int count) {
    vector(Vector.VPSLLD, 6, to, from, count);
  }

  /** The 32 bits of a general register in all lanes. */
  public void broadcast(int to, Gp from) {
    evex(Vector.VPBROADCASTD_GP, to, NO_REGISTER, NO_MASK, false, 0, from.high());
    bytes(0xC0 | (to & 7) << 3 | from.low());
  }

  /** An instruction with two vector operands. */
  public void vector(Vector op, int to, int from) {
    vector(op, to, NO_REGISTER, from);
  }

  /** A load, or a store if the instruction is one. */
  public void vector(Vector op, int register, At at) {
    vector(op, register, at, NO_MASK);
  }

  /** A load of the lanes in a mask, with zeros in the others, or a store of those lanes. */
  public void vector(Vector op, int register, At at, int mask) {
    boolean zeroing = mask != NO_MASK && !op.stores();
    evex(op, register, NO_REGISTER, mask, zeroing, 0, at.base().high());
    int displacement = at.displacement();
    int units = displacement / op.bytes;
    int registers = (register & 7) << 3 | at.base().low();
    if (displacement == 0 && at.base().low() != Gp.RBP.low()) {
      bytes(registers);
    } else if (displacement == units * op.bytes && units == (byte) units) {
      bytes(0x40 | registers, units);
    } else {
      bytes(0x80 | registers);
      number(displacement);
    }
  }

  /** The four-byte EVEX prefix and the opcode. Register number bits in the prefix are inverted. */
  private void evex(Vector op, int register, int first, int mask, boolean zeroing, int x, int b) {
    int inverted = (register >> 3 & 1) << 7 | x << 6 | b << 5 | (register >> 4 & 1) << 4;
    bytes(
        0x62,
        (~inverted & 0xF0) | op.map.number,
        (~first & 15) << 3 | 4 | op.prefix.number,
        (zeroing ? 0x80 : 0) | op.length << 5 | (~first >> 4 & 1) << 3 | mask,
        op.opcode);
  }
}
