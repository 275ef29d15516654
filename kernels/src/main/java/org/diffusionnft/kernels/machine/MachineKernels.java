package org.diffusionnft.kernels.machine;

import java.util.Optional;
import org.diffusionnft.kernels.machine.ExecutableMemory.RefusedException;
import org.diffusionnft.kernels.machine.Tile.Element;

/**
 * The machine-code micro-kernels available in this process.
 *
 * @param floats for floats; the row stride of A is {@code rowA} bytes
 * @param floatsAcross for floats, with A stored transposed
 * @param pairs for pairs of BF16 numbers
 * @param pairsAcross for pairs of BF16 numbers, with A stored transposed
 * @param transpose transposes of floats, or of pairs
 * @param exponentials softmax's exponentials as floats
 * @param halfExponentials the same, rounded to BF16
 * @param missing why some or all are missing, in one sentence; empty if none is
 */
public record MachineKernels(
    Optional<MachineTiles> floats,
    Optional<MachineTiles> floatsAcross,
    Optional<MachineTiles> pairs,
    Optional<MachineTiles> pairsAcross,
    Optional<MachineTranspose> transpose,
    Optional<MachineExponentials> exponentials,
    Optional<MachineExponentials> halfExponentials,
    String missing) {

  /** No micro-kernels. */
  public static MachineKernels none(String why) {
    return new MachineKernels(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        why);
  }

  /**
   * Creates and tests those that this process can run; they stay until it ends.
   *
   * @param rowA row stride of A in bytes, or the stride of k if A is stored transposed
   */
  public static MachineKernels make(int rowA) {
    try {
      Processor processor = Processor.ask();
      if (!processor.avx512()) {
        return none("this processor has no AVX-512");
      }
      Optional<MachineTiles> floats = Optional.of(MachineTiles.of(Element.F32, rowA, 4));
      Optional<MachineTiles> floatsAcross = Optional.of(MachineTiles.of(Element.F32, 4, rowA));
      Optional<MachineTranspose> transpose = Optional.of(MachineTranspose.make());
      Optional<MachineExponentials> exponentials = Optional.of(MachineExponentials.of(false, rowA));
      if (!processor.bf16()) {
        return new MachineKernels(
            floats,
            floatsAcross,
            Optional.empty(),
            Optional.empty(),
            transpose,
            exponentials,
            Optional.empty(),
            "this processor has no AVX-512 BF16: products in BF16 run in F32");
      }
      return new MachineKernels(
          floats,
          floatsAcross,
          Optional.of(MachineTiles.of(Element.BF16_PAIR, rowA, 4)),
          Optional.of(MachineTiles.of(Element.BF16_PAIR, 4, rowA)),
          transpose,
          exponentials,
          Optional.of(MachineExponentials.of(true, rowA)),
          "");
    } catch (RefusedException e) {
      return none(String.valueOf(e.getMessage()));
    }
  }
}
