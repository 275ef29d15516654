package org.diffusionnft.kernels.tornado;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.diffusionnft.tensor.DeviceActivity;

/**
 * Counts what was compiled, replayed and copied. With {@code --log plans} each compilation is told
 * when it happens, what each section of the work did when that ends, and a summary when the device
 * closes.
 */
final class PlanLog {
  /** Kernels that the summary lists. */
  private static final int LISTED = 8;

  private final boolean told;
  private final Consumer<String> out;
  private final Map<String, Runs> runs = new TreeMap<>();
  private final Set<String> hosted = new HashSet<>();
  private DeviceActivity sectionStart = DeviceActivity.NONE;
  private long compiled;
  private long replayed;
  private long kernels;
  private long sent;
  private long received;
  private long onHost;

  PlanLog(boolean told, Consumer<String> out) {
    this.told = told;
    this.out = out;
  }

  /** Replays of one plan, and their time. */
  private record Runs(long count, long nanos) {
    Runs plus(Runs other) {
      return new Runs(count + other.count, nanos + other.nanos);
    }
  }

  void launched(String name, boolean first, long nanos) {
    kernels++;
    if (first) {
      compiled++;
      tell(String.format(Locale.ROOT, "compiled %s in %d ms", name, nanos / 1_000_000));
    } else {
      replayed++;
      runs.merge(name, new Runs(1, nanos), Runs::plus);
    }
  }

  /** A graph of so many kernels ran. */
  void sequence(int tasks, long nanos) {
    replayed++;
    kernels += tasks;
    runs.merge("kernels in sequences", new Runs(tasks, nanos), Runs::plus);
  }

  /** Sequences of so many kernels in all were compiled. */
  void built(int graphs, int tasks, int anew, long nanos) {
    compiled += graphs;
    tell(
        String.format(
            Locale.ROOT,
            "compiled %d sequences of %d kernels, %d of them different, in %d ms",
            graphs,
            tasks,
            anew,
            nanos / 1_000_000));
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
    if (hosted.add(operation)) {
      tell(operation + " on types that kernels do not take: done by the host");
    }
  }

  /** Everything so far. */
  DeviceActivity activity() {
    return new DeviceActivity(
        compiled, replayed, kernels, sent, kernels * Arguments.BYTES, received, onHost);
  }

  /** A section of the work is done. */
  void section(Supplier<String> name) {
    DeviceActivity now = activity();
    if (told) {
      tell(name.get() + ": " + now.since(sectionStart));
    }
    sectionStart = now;
  }

  void close() {
    tell("in all: " + activity());
    List<Map.Entry<String, Runs>> longest =
        runs.entrySet().stream()
            .sorted(Comparator.comparingLong(e -> -e.getValue().nanos()))
            .limit(LISTED)
            .toList();
    for (Map.Entry<String, Runs> entry : longest) {
      Runs own = entry.getValue();
      tell(
          String.format(
              Locale.ROOT,
              "%s: %d times, %.2f s, %.0f us each",
              entry.getKey(),
              own.count(),
              own.nanos() * 1e-9,
              own.nanos() * 1e-3 / own.count()));
    }
  }

  /** What is told without {@code --log plans} too. */
  void note(String line) {
    out.accept("device: " + line);
  }

  private void tell(String line) {
    if (told) {
      out.accept("plans: " + line);
    }
  }
}
