package org.diffusionnft.kernels.tornado;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;

/**
 * Graphs of several kernels, one for each sequence of kernels that is repeated: the host waits for
 * the device once a graph instead of once a kernel.
 *
 * <p>An execution plan receives its graphs when it is created. So sequences that are new in a
 * section of the work are only counted, and run one kernel at a time; when the section ends and
 * much of it was new, the sequences become the graphs of one more plan. TornadoVM keeps compiled
 * code by the name of the task, so the first, second, ... call of a kernel has the same name in all
 * graphs of a plan and is compiled once for all of them (but TornadoVM compiles the last task of
 * each graph again).
 *
 * <p>These plans are not closed: closing one would free the memories, which belong to the first
 * plan. What remains of them is their small arrays of arguments.
 */
final class Sequences {
  /** Name of all these graphs. */
  private static final String NAME = "dnftSequence";

  /** Graphs are worth compiling when at least one call in five of a section would use them. */
  private static final int SHARE = 5;

  private final TornadoDevice device;
  private final Arguments arguments;
  private final PlanLog log;
  private final Start start;
  private final Map<List<Kernel>, Ready> ready = new HashMap<>();
  private final Map<List<Kernel>, Integer> missing = new LinkedHashMap<>();
  private long calls;

  /** A graph that has run and changes nothing: a new plan takes over the memories from it. */
  interface Start {
    /** Adds its number of work-items to the scheduler of another plan. */
    void addTo(GridScheduler scheduler);

    /** Runs the graph and returns it. */
    ImmutableTaskGraph graph();
  }

  /** A call of a kernel in a graph: its name, its arguments and its number of work-items. */
  private record Slot(String name, Arguments arguments, WorkerGrid3D grid) {
    void set(Call call) {
      arguments.set(call.ints(), call.scalars());
      grid.setGlobalWork(call.x(), call.y(), call.z());
      grid.setLocalWork(call.localX(), call.localY(), 1);
    }
  }

  /** A compiled graph. */
  private record Ready(TornadoExecutionPlan plan, int graph, List<Slot> slots) {}

  Sequences(TornadoDevice device, Arguments arguments, PlanLog log, Start start) {
    this.device = device;
    this.arguments = arguments;
    this.log = log;
    this.start = start;
  }

  /** Runs the calls as one graph; false if there is none for them. */
  boolean run(List<Call> batch) {
    calls += batch.size();
    List<Kernel> kernels = batch.stream().map(Call::kernel).toList();
    Ready found = ready.get(kernels);
    if (found == null) {
      missing.merge(kernels, 1, Integer::sum);
      return false;
    }
    for (int i = 0; i < batch.size(); i++) {
      found.slots.get(i).set(batch.get(i));
    }
    long started = System.nanoTime();
    DriverMessages.without(
        String.valueOf(kernels), () -> found.plan.withGraph(found.graph).execute());
    log.sequence(batch.size(), System.nanoTime() - started);
    return true;
  }

  /** Ends a section of the work: where much of it was new and repeated, it becomes graphs. */
  void section() {
    missing.entrySet().removeIf(e -> e.getValue() < 2 || e.getKey().size() < 2);
    long gain =
        missing.entrySet().stream().mapToLong(e -> (long) e.getValue() * e.getKey().size()).sum();
    if (gain * SHARE > calls) {
      build(List.copyOf(missing.keySet()));
    }
    missing.clear();
    calls = 0;
  }

  private void build(List<List<Kernel>> sequences) {
    long started = System.nanoTime();
    GridScheduler scheduler = new GridScheduler();
    start.addTo(scheduler);
    Map<Kernel, List<Slot>> slots = new EnumMap<>(Kernel.class);
    List<ImmutableTaskGraph> graphs = new ArrayList<>();
    graphs.add(start.graph());
    List<List<Slot>> places = new ArrayList<>();
    for (List<Kernel> kernels : sequences) {
      List<Slot> own = places(kernels, slots, scheduler);
      places.add(own);
      graphs.add(graph(kernels, own));
    }
    TornadoExecutionPlan plan = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new));
    plan.withDevice(device);
    plan.withGridScheduler(scheduler);
    DriverMessages.without("START of sequences", () -> plan.withGraph(0).execute());
    for (int i = 0; i < sequences.size(); i++) {
      int graph = i + 1;
      DriverMessages.with(
          String.valueOf(sequences.get(i)), () -> plan.withGraph(graph).withPreCompilation());
      ready.put(sequences.get(i), new Ready(plan, graph, places.get(i)));
    }
    int tasks = sequences.stream().mapToInt(List::size).sum();
    int different = slots.values().stream().mapToInt(List::size).sum();
    log.built(sequences.size(), tasks, different, System.nanoTime() - started);
  }

  /** The n-th call of a kernel in any graph uses the n-th slot of that kernel. */
  private List<Slot> places(
      List<Kernel> kernels, Map<Kernel, List<Slot>> slots, GridScheduler scheduler) {
    Map<Kernel, Integer> before = new EnumMap<>(Kernel.class);
    List<Slot> places = new ArrayList<>();
    for (Kernel kernel : kernels) {
      int n = before.merge(kernel, 1, Integer::sum);
      List<Slot> own = slots.computeIfAbsent(kernel, k -> new ArrayList<>());
      if (own.size() < n) {
        Slot slot =
            new Slot(kernel.name() + n, arguments.forAnotherCall(), new WorkerGrid3D(1, 1, 1));
        scheduler.addWorkerGrid(NAME + "." + slot.name, slot.grid);
        own.add(slot);
      }
      places.add(own.get(n - 1));
    }
    return places;
  }

  private ImmutableTaskGraph graph(List<Kernel> kernels, List<Slot> places) {
    TaskGraph graph = new TaskGraph(NAME);
    graph.consumeFromDevice(arguments.memories());
    for (int i = 0; i < places.size(); i++) {
      graph.transferToDevice(
          DataTransferMode.EVERY_EXECUTION, kernels.get(i).carried(places.get(i).arguments));
    }
    for (int i = 0; i < places.size(); i++) {
      kernels.get(i).add(graph, places.get(i).name, places.get(i).arguments);
    }
    graph.persistOnDevice(arguments.memories());
    return graph.snapshot();
  }
}
