package org.diffusionnft.kernels;

import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The vector width: this machine's, or that of the system property {@value #PROPERTY}. Widths
 * beyond the machine's work too, but slowly. Tests set it to run every kernel at the widths of
 * NEON, AVX2 and AVX-512 on one machine.
 */
final class VectorWidth {
  private VectorWidth() {}

  static final String PROPERTY = "dnft.vector.bits";

  private static final Set<String> WIDTHS = Set.of("128", "256", "512");

  /** Whether the property sets the width. */
  static boolean forced() {
    return System.getProperty(PROPERTY) != null;
  }

  /**
   * The shape of all vectors. Machines with vectors below 128 or above 512 bits, for which there
   * are no kernels, get the nearest of these two.
   *
   * @throws InvalidInputException if the property has a value other than 128, 256 or 512
   */
  static VectorShape shape() {
    String bits = System.getProperty(PROPERTY);
    if (bits == null) {
      int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
      return VectorShape.forBitSize(Math.clamp(widest, 128, 512));
    }
    if (!WIDTHS.contains(bits)) {
      throw new InvalidInputException(
          "the system property " + PROPERTY + " must be 128, 256 or 512, not '" + bits + "'");
    }
    return VectorShape.forBitSize(Integer.parseInt(bits));
  }
}
