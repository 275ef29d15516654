package org.diffusionnft.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.apache.spark.Success$;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import org.diffusionnft.trainer.CrewMember;
import org.jspecify.annotations.Nullable;

/** Records what the executors do. Spark calls it on its own thread. */
final class Ledger extends SparkListener {
  private final Map<String, String> alive = new HashMap<>();
  private final SequencedMap<String, CrewMember> members = new TreeMap<>();
  private int done;
  private @Nullable Failure last;

  /** A failed task: the index of its order, where it ran, and the reason. */
  record Failure(int order, String where, String reason) {}

  @Override
  public synchronized void onExecutorAdded(SparkListenerExecutorAdded event) {
    alive.put(event.executorId(), event.executorInfo().executorHost());
  }

  @Override
  public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    alive.remove(event.executorId());
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    TaskInfo task = event.taskInfo();
    String name = task.executorId() + " on " + task.host();
    TaskEndReason reason = event.reason();
    boolean success = reason == Success$.MODULE$;
    double took = task.duration() / 1e3;
    if (success) {
      done++;
    } else if (reason instanceof TaskFailedReason failed) {
      last = new Failure(task.index(), name, failed.toErrorString());
    }
    CrewMember before = members.getOrDefault(name, new CrewMember(name, 0, 0, 0, 0));
    members.put(
        name,
        new CrewMember(
            name,
            before.orders() + (success ? 1 : 0),
            before.busySeconds() + took,
            Math.max(before.longestSeconds(), took),
            before.failed() + (success ? 0 : 1)));
  }

  /** Resets the count. */
  synchronized void begin() {
    done = 0;
    last = null;
  }

  /** The number of orders done since {@link #begin}; one that was done twice counts twice. */
  synchronized int done() {
    return done;
  }

  /** The last failure since {@link #begin}. */
  synchronized @Nullable Failure lastFailure() {
    return last;
  }

  /** What each executor has done since the last call. */
  synchronized List<CrewMember> members() {
    List<CrewMember> all = new ArrayList<>(members.values());
    members.clear();
    return all;
  }

  /** The number of live executors. */
  synchronized int executors() {
    return alive.size();
  }

  synchronized String words() {
    long orders = members.values().stream().mapToLong(CrewMember::orders).sum();
    double busy = members.values().stream().mapToDouble(CrewMember::busySeconds).sum();
    String executors = alive.size() + (alive.size() == 1 ? " executor" : " executors");
    return busy == 0
        ? executors
        : String.format(
            Locale.ROOT, "%s, %.1f orders/min", executors, 60 * orders / busy * alive.size());
  }
}
