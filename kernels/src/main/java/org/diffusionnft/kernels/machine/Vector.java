package org.diffusionnft.kernels.machine;

/**
 * 512-bit vector instructions in EVEX encoding (Intel 64 and IA-32 Architectures Software
 * Developer's Manual, volume 2, section 2.7).
 */
public enum Vector {
  /** Loads 16 floats. */
  VMOVUPS_LOAD(Map.F, Prefix.NONE, 0x10, 64),
  /** Stores 16 floats. */
  VMOVUPS_STORE(Map.F, Prefix.NONE, 0x11, 64),
  /** Broadcasts a float to all lanes. */
  VBROADCASTSS(Map.F38, Prefix.P66, 0x18, 4),
  /** Broadcasts four bytes to all lanes: a pair of BF16 numbers. */
  VPBROADCASTD(Map.F38, Prefix.P66, 0x58, 4),
  /** {@code a += b * c}. */
  VFMADD231PS(Map.F38, Prefix.P66, 0xB8, 64),
  /** {@code a = a * b + c}. */
  VFMADD213PS(Map.F38, Prefix.P66, 0xA8, 64),
  /** {@code a += b0 * c0 + b1 * c1} for pairs of BF16 numbers; subnormals count as zero. */
  VDPBF16PS(Map.F38, Prefix.PF3, 0x52, 64),
  /** {@code a = b * c}. */
  VMULPS(Map.F, Prefix.NONE, 0x59, 64),
  /** {@code a = b + c}. */
  VADDPS(Map.F, Prefix.NONE, 0x58, 64),
  /** {@code a = b - c}. */
  VSUBPS(Map.F, Prefix.NONE, 0x5C, 64),
  /** {@code a = max(b, c)}; {@code c} if either is NaN. */
  VMAXPS(Map.F, Prefix.NONE, 0x5F, 64),
  /** {@code a = b}. */
  VMOVAPS(Map.F, Prefix.NONE, 0x28, 64),
  /** Compares {@code b} and {@code c}; {@code a} is a mask. */
  VCMPPS(Map.F, Prefix.NONE, 0xC2, 64),
  /** Quarters of {@code b}, twice, and of {@code c}, twice. */
  VSHUFF32X4(Map.F3A, Prefix.P66, 0x23, 64),
  /** The first two lanes of each quarter of {@code b} and {@code c}, alternating. */
  VUNPCKLPS(Map.F, Prefix.NONE, 0x14, 64),
  /** The last two lanes of each quarter of {@code b} and {@code c}, alternating. */
  VUNPCKHPS(Map.F, Prefix.NONE, 0x15, 64),
  /** Two lanes of each quarter of {@code b}, then two of {@code c}. */
  VSHUFPS(Map.F, Prefix.NONE, 0xC6, 64),
  /** Moves lanes within each quarter. */
  VPERMILPS(Map.F3A, Prefix.P66, 0x04, 64),
  /** {@code a = b + c} on integers. */
  VPADDD(Map.F, Prefix.P66, 0xFE, 64),
  /** Shifts integers to the left; see {@link Assembler#shiftLeft}. */
  VPSLLD(Map.F, Prefix.P66, 0x72, 64),
  /** Broadcasts a general register to all lanes; see {@link Assembler#broadcast}. */
  VPBROADCASTD_GP(Map.F38, Prefix.P66, 0x7C, 4),
  /** Stores the first lane. */
  VMOVSS_STORE(Map.F, Prefix.PF3, 0x11, 4),
  /** Rounds 16 floats to BF16, in the lower half of {@code a}; subnormals become zero. */
  VCVTNEPS2BF16(Map.F38, Prefix.PF3, 0x72, 64),
  /** Stores the lower half: 16 BF16 numbers. */
  VMOVUPS_STORE_HALF(Map.F, Prefix.NONE, 0x11, 32),
  /** {@code a = b xor c}; a register with itself gives zeros. */
  VPXORD(Map.F, Prefix.P66, 0xEF, 64);

  /** The opcode map. */
  enum Map {
    F(1),
    F38(2),
    F3A(3);
    final int number;

    Map(int number) {
      this.number = number;
    }
  }

  /** The prefix that selects the instruction. */
  enum Prefix {
    NONE(0),
    P66(1),
    PF3(2);
    final int number;

    Prefix(int number) {
      this.number = number;
    }
  }

  final Map map;
  final Prefix prefix;
  final int opcode;

  /** Bytes of the memory operand, the unit of short displacements. */
  final int bytes;

  /** The vector length field: 2 is 512 bits, 1 is 256, 0 is 128 or one lane. */
  final int length;

  Vector(Map map, Prefix prefix, int opcode, int bytes) {
    this.map = map;
    this.prefix = prefix;
    this.opcode = opcode;
    this.bytes = bytes;
    this.length = stores() ? bytes / 32 : 2;
  }

  /** Whether the memory operand is written. */
  boolean stores() {
    return map == Map.F && opcode == 0x11;
  }
}
