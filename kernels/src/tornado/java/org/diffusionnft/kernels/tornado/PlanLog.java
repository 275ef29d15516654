package org.diffusionnft.kernels.tornado;

import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Counts what was compiled, replayed and copied. With {@code --log plans} each compilation is told
 * when it happens, and a summary when the device closes.
 */
final class PlanLog {
  private final boolean told;
  private final Consumer<String> out;
  private final Map<String, Long> launches = new TreeMap<>();
  private final Set<String> hosted = new HashSet<>();
  private long compiled;
  private long sent;
  private long received;
  private long onHost;

  PlanLog(boolean told, Consumer<String> out) {
    this.told = told;
    this.out = out;
  }

  void launched(String name, boolean first, long nanos) {
    launches.merge(name, 1L, Long::sum);
    if (first) {
      compiled++;
      if (told) {
        out.accept(
            String.format(Locale.ROOT, "plans: compiled %s in %d ms", name, nanos / 1_000_000));
      }
    }
  }

  void sent(long bytes) {
    sent += bytes;
  }

  void received(long bytes) {
    received += bytes;
  }

  /** An operation on types that no kernel takes. */
  void onHost(String operation) {
    onHost++;
    if (hosted.add(operation) && told) {
      out.accept("plans: " + operation + " on types that kernels do not take: done by the host");
    }
  }

  /** What happened so far, in one line. */
  String summary() {
    long all = launches.values().stream().mapToLong(Long::longValue).sum();
    return String.format(
        Locale.ROOT,
        "plans: %d compiled, %d replayed, %d KiB to the device, %d KiB back, %d operations on the"
            + " host",
        compiled,
        all - compiled,
        sent >> 10,
        received >> 10,
        onHost);
  }

  void close() {
    if (told) {
      out.accept(summary());
    }
  }
}
