package org.diffusionnft.kernels.tornado;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.Fallback;

/**
 * Counts compilations, replays and copies. With {@code --log plans} it reports each compilation as
 * it happens, each section of the work as it ends, and a summary when the device closes.
 */
final class PlanLog {
  /** Number of kernels listed in the summary. */
  private static final int LISTED = 8;

  private final boolean enabled;
  private final Consumer<String> out;
  private final Fallback fallback = new Fallback(this::report);
  private final Map<String, Runs> runs = new TreeMap<>();
  private DeviceActivity sectionStart = DeviceActivity.NONE;
  private long compiled;
  private long replayed;
  private long kernels;
  private long copies;
  private long waits;
  private long arguments;
  private long sent;
  private long received;

  PlanLog(boolean enabled, Consumer<String> out) {
    this.enabled = enabled;
    this.out = out;
  }

  /** Number of replays of one plan, and their time. */
  private record Runs(long count, long nanos) {
    Runs plus(Runs other) {
      return new Runs(count + other.count, nanos + other.nanos);
    }
  }

  /** A graph of one kernel ran. */
  void launched(String name, boolean first, long argumentBytes, long nanos) {
    ran(1, argumentBytes);
    if (first) {
      compiled++;
      report(String.format(Locale.ROOT, "compiled %s in %d ms", name, nanos / 1_000_000));
    } else {
      replayed++;
      runs.merge(name, new Runs(1, nanos), Runs::plus);
    }
  }

  /** A graph of several kernels ran. */
  void sequence(int tasks, long argumentBytes, long nanos) {
    ran(tasks, argumentBytes);
    replayed++;
    runs.merge("kernels in sequences", new Runs(tasks, nanos), Runs::plus);
  }

  /** The arguments are copied before a graph runs, and the host waits for its end. */
  private void ran(int tasks, long argumentBytes) {
    kernels += tasks;
    arguments += argumentBytes;
    copies++;
    waits++;
  }

  /** Sequence graphs were compiled; some of their tasks share compiled code. */
  void built(int graphs, int tasks, int different, long nanos) {
    compiled += graphs;
    report(
        String.format(
            Locale.ROOT,
            "compiled %d sequences of %d kernels, %d of them different, in %d ms",
            graphs,
            tasks,
            different,
            nanos / 1_000_000));
  }

  /** A buffer with tensor data was sent to the device with a graph. */
  void sent(long bytes) {
    sent += bytes;
    copies++;
  }

  /** Tensor data was copied back, and the host waited for it. */
  void received(long bytes) {
    received += bytes;
    copies++;
    waits++;
  }

  /** Everything so far. */
  DeviceActivity activity() {
    return new DeviceActivity(
        compiled, replayed, kernels, copies, waits, sent, arguments, received, fallback.total());
  }

  /** The reference device; operations on it are counted and reported with the rest. */
  Fallback fallback() {
    return fallback;
  }

  /** Ends a section of the work. */
  void section(Supplier<String> name) {
    DeviceActivity now = activity();
    if (enabled) {
      report(name.get() + ": " + now.since(sectionStart));
    }
    sectionStart = now;
  }

  void close() {
    report("in all: " + activity());
    List<Map.Entry<String, Runs>> longest =
        runs.entrySet().stream()
            .sorted(Comparator.comparingLong(e -> -e.getValue().nanos()))
            .limit(LISTED)
            .toList();
    for (Map.Entry<String, Runs> entry : longest) {
      Runs own = entry.getValue();
      report(
          String.format(
              Locale.ROOT,
              "%s: %d times, %.2f s, %.0f us each",
              entry.getKey(),
              own.count(),
              own.nanos() * 1e-9,
              own.nanos() * 1e-3 / own.count()));
    }
    fallback.counts().forEach((operation, times) -> report(operation + ": " + times + " times"));
    fallback.close();
  }

  /** Logs a line whether or not {@code --log plans} is given. */
  void note(String line) {
    out.accept("device: " + line);
  }

  private void report(String line) {
    if (enabled) {
      out.accept("plans: " + line);
    }
  }
}
