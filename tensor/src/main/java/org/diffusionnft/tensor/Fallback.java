package org.diffusionnft.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The reference device behind a fast one, for operands that the fast one has no kernel for. Each
 * operation it receives is counted by kernel and types: it runs in plain loops, which are too slow
 * for large tensors.
 */
public final class Fallback implements AutoCloseable {
  private final Device reference = new ReferenceDevice();
  private final Map<String, Long> counts = new TreeMap<>();
  private final Consumer<String> first;

  /**
   * Starts with all counts at zero.
   *
   * @param first receives a message when a kernel falls back with given types for the first time
   */
  public Fallback(Consumer<String> first) {
    this.first = first;
  }

  /**
   * The reference device, to run one operation on.
   *
   * @param kernel the operation's name for messages
   * @param operands its tensors, including those that it writes
   */
  public Device reference(String kernel, @Nullable Tensor... operands) {
    String types =
        Arrays.stream(operands)
            .filter(Objects::nonNull)
            .map(t -> t.dtype().name())
            .distinct()
            .collect(Collectors.joining(", "));
    String operation = kernel + " of " + types;
    if (counts.merge(operation, 1L, Long::sum) == 1) {
      first.accept(operation + ": no kernel for these operands, done by the reference device");
    }
    return reference;
  }

  /** How often each operation fell back, by names such as {@code gather of I32, F32}. */
  public Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  /** Total number of operations that fell back. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public void close() {
    reference.close();
  }
}
