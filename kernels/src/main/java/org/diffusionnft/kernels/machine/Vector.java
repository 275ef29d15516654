package org.diffusionnft.kernels.machine;

/**
 * Instructions on vectors of 512 bits, in EVEX encoding (Intel 64 and IA-32 Architectures Software
 * Developer's Manual, volume 2, section 2.7).
 */
public enum Vector {
  /** Loads 16 floats. */
  VMOVUPS_LOAD(Map.F, Prefix.NONE, 0x10, 64),
  /** Stores 16 floats. */
  VMOVUPS_STORE(Map.F, Prefix.NONE, 0x11, 64),
  /** One float in all lanes. */
  VBROADCASTSS(Map.F38, Prefix.P66, 0x18, 4),
  /** Four bytes in all lanes: a pair of BF16 numbers. */
  VPBROADCASTD(Map.F38, Prefix.P66, 0x58, 4),
  /** {@code a += b * c}. */
  VFMADD231PS(Map.F38, Prefix.P66, 0xB8, 64),
  /** {@code a = a * b + c}. */
  VFMADD213PS(Map.F38, Prefix.P66, 0xA8, 64),
  /** {@code a += b0 * c0 + b1 * c1} for pairs of BF16 numbers; subnormal numbers count as zero. */
  VDPBF16PS(Map.F38, Prefix.PF3, 0x52, 64),
  /** {@code a = b * c}. */
  VMULPS(Map.F, Prefix.NONE, 0x59, 64),
  /** {@code a = b xor c}; of one register with itself: zeros. */
  VPXORD(Map.F, Prefix.P66, 0xEF, 64);

  /** Which table of opcodes. */
  enum Map {
    F(1),
    F38(2);
    final int number;

    Map(int number) {
      this.number = number;
    }
  }

  /** Which prefix selects the instruction. */
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

  /** Bytes of the operand in memory, which short displacements count in. */
  final int bytes;

  Vector(Map map, Prefix prefix, int opcode, int bytes) {
    this.map = map;
    this.prefix = prefix;
    this.opcode = opcode;
    this.bytes = bytes;
  }
}
