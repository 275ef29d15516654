package org.diffusionnft.weights.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DType;

/** The message for a tensor with values too large for the dtype it is written in. */
public final class NumbersTooLarge {
  private NumbersTooLarge() {}

  /**
   * The exception with its message.
   *
   * @param file that the tensor is read from
   * @param merged whether an adapter was merged into it
   * @param dtype that cannot represent its values
   */
  public static InvalidFileException of(Path file, String tensor, boolean merged, DType dtype) {
    List<String> remedies = new ArrayList<>();
    if (dtype == DType.F16) {
      remedies.add("write BF16 or F32");
    } else if (dtype == DType.BF16) {
      remedies.add("write F32");
    }
    if (merged && dtype != DType.F16) { // no sound layer comes close to the range of BF16
      remedies.add("take an adapter that did not diverge");
    }
    return new InvalidFileException(
        file,
        "tensor %s%s holds numbers too large for %s: %s"
            .formatted(
                InvalidFileException.quote(tensor),
                merged ? ", with the adapter merged into it," : "",
                dtype,
                remedies.isEmpty() ? "the file is damaged" : String.join(", or ", remedies)));
  }
}
