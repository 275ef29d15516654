package org.diffusionnft.kernels;

import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * How wide vectors are: as wide as this machine's, or as the system property {@value #PROPERTY}
 * says. Wider ones than the machine has work too, but slowly. Tests set it, so that every kernel is
 * tried at the widths of NEON, AVX2 and AVX-512 on one machine.
 */
final class VectorWidth {
  private VectorWidth() {}

  static final String PROPERTY = "dnft.vector.bits";

  private static final Set<String> WIDTHS = Set.of("128", "256", "512");

  /** Whether the property decides. */
  static boolean forced() {
    return System.getProperty(PROPERTY) != null;
  }

  /**
   * The shape of all vectors. Machines with vectors of less than 128 bits or more than 512, for
   * which no kernel is written, get the nearest of these.
   *
   * @throws InvalidInputException if the property has another value than 128, 256 or 512
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
