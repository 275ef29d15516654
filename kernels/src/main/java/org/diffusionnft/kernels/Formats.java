package org.diffusionnft.kernels;

import java.util.concurrent.atomic.AtomicBoolean;
import org.diffusionnft.kernels.machine.MachineExponentials;
import org.diffusionnft.kernels.machine.MachineKernels;
import org.diffusionnft.kernels.machine.MachineTiles;
import org.diffusionnft.kernels.machine.MachineTranspose;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * The micro-kernels of a device.
 *
 * @param floats for operands that are multiplied as floats
 * @param rounding the same, but attention scores are rounded to BF16
 * @param half for BF16 operands: pairs if the processor has the instructions, else {@code rounding}
 * @param missing why not all are machine code; empty if they are
 */
record Formats(ProductFormat floats, ProductFormat rounding, ProductFormat half, String missing) {
  /** The system property that forces a choice: {@code vector} or {@code native}. */
  static final String PROPERTY = "dnft.kernels";

  private static final System.Logger LOG = System.getLogger(Formats.class.getPackageName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();
  private static final int BITS = 512;
  private static @Nullable Formats known;

  /**
   * The micro-kernels of this process.
   *
   * @throws InvalidInputException if machine code is requested but unavailable, or the choice is
   *     unknown
   */
  static synchronized Formats get() {
    Formats formats = known;
    if (formats == null) {
      formats = make(System.getProperty(PROPERTY, ""));
      known = formats;
    }
    return formats;
  }

  static Formats make(String choice) {
    MachineKernels machine =
        switch (choice) {
          case "" -> machine();
          case "native" -> {
            MachineKernels found = machine();
            if (found.floats().isEmpty()) {
              throw new InvalidInputException(
                  "kernels in machine code are asked for (%s=native), but %s"
                      .formatted(PROPERTY, found.missing()));
            }
            yield found;
          }
          case "vector" ->
              MachineKernels.none("%s=vector forces the Vector API".formatted(PROPERTY));
          default ->
              throw new InvalidInputException(
                  "%s must be vector or native, not '%s'".formatted(PROPERTY, choice));
        };
    MachineTiles down = machine.floats().orElse(null);
    MachineTiles across = machine.floatsAcross().orElse(null);
    MachineTranspose transpose = machine.transpose().orElse(null);
    MachineExponentials exponentials = machine.exponentials().orElse(null);
    ProductFormat rounding = new FloatFormat(true, down, across, transpose, exponentials);
    ProductFormat half =
        transpose != null
                && machine.pairs().isPresent()
                && machine.pairsAcross().isPresent()
                && machine.halfExponentials().isPresent()
            ? new PairFormat(
                machine.pairs().get(),
                machine.pairsAcross().get(),
                transpose,
                machine.halfExponentials().get())
            : rounding;
    ProductFormat floats = new FloatFormat(false, down, across, transpose, exponentials);
    return new Formats(floats, rounding, half, machine.missing());
  }

  private static MachineKernels machine() {
    int bits = Lanes.FLOATS.vectorBitSize();
    return bits == BITS
        ? MachineKernels.make((int) TallRows.ROW)
        : MachineKernels.none(
            "machine code is written for vectors of 512 bits, and these have " + bits);
  }

  /** Logs a warning once if BF16 is no faster than F32. */
  @Override
  public ProductFormat half() {
    if (half == rounding && !WARNED.getAndSet(true)) {
      LOG.log(System.Logger.Level.WARNING, "BF16 is computed by F32 instructions: " + missing);
    }
    return half;
  }

  /** The micro-kernels in use, in a few words. */
  String summary() {
    return missing.isEmpty() ? "machine code for FP32 and BF16" : missing;
  }
}
