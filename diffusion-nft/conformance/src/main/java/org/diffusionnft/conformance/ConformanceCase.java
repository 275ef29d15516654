package org.diffusionnft.conformance;

import java.util.List;
import org.diffusionnft.tensor.Tensor;

/**
 * One kernel on one set of shapes and types.
 *
 * @param kernel the kernel's name, for grouping
 * @param variant shapes, types and options
 * @param tolerance allowed deviation from the reference device
 * @param body creates the operands, runs the kernel, returns all outputs
 */
public record ConformanceCase(String kernel, String variant, Tolerance tolerance, Body body) {

  /** Creates operands on a device and runs a kernel there. */
  @FunctionalInterface
  public interface Body {
    /** All outputs, of floating types. */
    List<Tensor> run(Samples samples);
  }

  /** The kernel and the variant. */
  public String name() {
    return kernel + " " + variant;
  }
}
