package org.diffusionnft.kernels;

import org.diffusionnft.kernels.machine.MachineKernels;

/**
 * The micro-kernels of a device.
 *
 * @param floats for operands that are multiplied as floats
 * @param half for operands that are BF16: pairs where the processor has the instructions, else
 *     floats
 * @param missing why half is no faster; empty if it is
 */
record Formats(ProductFormat floats, ProductFormat half, String missing) {
  private static final int BITS = 512;

  /** Those that this process can run. */
  static Formats of() {
    FloatFormat floats = new FloatFormat(false);
    FloatFormat rounding = new FloatFormat(true);
    if (Lanes.FLOATS.vectorBitSize() != BITS) {
      return new Formats(
          floats, rounding, "vectors are not of 512 bits: products in BF16 run in F32");
    }
    MachineKernels machine = MachineKernels.load((int) TallRows.ROW);
    ProductFormat half =
        machine.pairs().isPresent() && machine.pairsAcross().isPresent()
            ? new PairFormat(machine.pairs().get(), machine.pairsAcross().get())
            : rounding;
    return new Formats(floats, half, machine.missing());
  }
}
