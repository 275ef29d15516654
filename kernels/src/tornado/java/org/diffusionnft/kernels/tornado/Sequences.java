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
 * Graphs of several kernels, one for each sequence of kernels that comes again: the device is
 * waited for once a graph instead of once a kernel.
 *
 * <p>An execution plan takes its graphs when it is made. So what is new in a section of the work is
 * only counted while it runs, one kernel at a time; when the section ends and much of it was new,
 * its sequences become graphs of one more plan. Compiled code is kept by the name of the task, so
 * the first, second.. call of a kernel in a graph has the same name in all graphs of a plan, and is
 * compiled once for all of them (but TornadoVM compiles the last task of each graph anew).
 *
 * <p>These plans are not closed. Each would give back the memories, which are the first plan's to
 * give; what stays are their small arrays of arguments.
 */
final class Sequences {
  /** Name of all these graphs. */
  private static final String NAME = "dnftSequence";

  /** Graphs are worth it when so much of a section would run in them: one launch in five. */
  private static final int SHARE = 5;

  private final TornadoDevice device;
  private final Arguments arguments;
  private final PlanLog log;
  private final Start start;
  private final Map<List<Kernel>, Ready> ready = new HashMap<>();
  private final Map<List<Kernel>, Integer> missing = new LinkedHashMap<>();
  private long calls;

  /** A graph that has run and leaves everything as it is: a new plan gets the memories from it. */
  interface Start {
    /** Says how many work-items it takes, as a plan of its own wants to know. */
    void addTo(GridScheduler scheduler);

    /** Sets its arguments, and tells the graph. */
    ImmutableTaskGraph graph();
  }

  /** Where a call of a kernel in a graph finds its arguments, and how many work-items it takes. */
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

  /** Runs the calls as one graph, or tells that there is none for them. */
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

  /** A section of the work is done: if much of it was new, and came again, it becomes graphs. */
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
    int anew = slots.values().stream().mapToInt(List::size).sum();
    log.built(sequences.size(), tasks, anew, System.nanoTime() - started);
  }

  /** The n-th call of a kernel in any graph has the n-th slot of that kernel. */
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
