package org.diffusionnft.kernels.tornado;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;

/**
 * Graphs of several kernels, one for each repeated sequence of kernels: the host waits for the
 * device once per graph instead of once per kernel.
 *
 * <p>An execution plan receives its graphs when it is created. So sequences without a graph are
 * counted, also across sections of the work, and run one kernel at a time. At the end of a section
 * with much repetition, all its sequences become the graphs of another plan, so that a similar
 * section compiles nothing.
 *
 * <p>TornadoVM caches compiled code by task name, so the first, second, ... call of a kernel has
 * the same name, and the same offset in the arguments, in all graphs of a plan and is compiled once
 * for all of them. Only the last task of each graph is recompiled, so each graph ends with a task
 * that does nothing.
 *
 * <p>These plans are never closed: closing one would free the memories, which belong to the first
 * plan. Only their small argument arrays remain.
 */
final class Sequences {
  /** Name of all these graphs. */
  private static final String NAME = "dnftSequence";

  /** Graphs are worth compiling if more than one in this many calls of a section would use them. */
  private static final int SHARE = 5;

  /** Maximum number of remembered sequences without a graph. */
  private static final int REMEMBERED = 4096;

  /** Work-items of a kernel that does nothing. */
  private static final int GROUP = 64;

  private final TornadoDevice device;
  private final Arguments arguments;
  private final PlanLog log;
  private final Start start;
  private final Map<List<Kernel>, Ready> ready = new HashMap<>();
  private final Map<List<Kernel>, Integer> seen = new LinkedHashMap<>();
  private final Map<List<Kernel>, Integer> inSection = new LinkedHashMap<>();
  private long calls;

  /** A graph that has run and changes nothing: a new plan inherits the memories from it. */
  interface Start {
    /** Adds its number of work-items to the scheduler of another plan. */
    void addTo(GridScheduler scheduler);

    /** Runs the graph and returns it. */
    ImmutableTaskGraph graph();
  }

  /** A kernel call in a graph: its name, the offset of its arguments, its number of work-items. */
  private record Slot(String name, int at, WorkerGrid3D grid) {}

  /** A compiled graph. */
  private record Ready(
      TornadoExecutionPlan plan, int graph, Arguments arguments, List<Slot> slots) {
    void set(List<Call> calls) {
      for (int i = 0; i < slots.size(); i++) {
        Call call = calls.get(i);
        Slot slot = slots.get(i);
        arguments.set(slot.at, call.ints(), call.scalars());
        slot.grid.setGlobalWork(call.x(), call.y(), call.z());
        slot.grid.setLocalWork(call.localX(), call.localY(), 1);
      }
    }
  }

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
      inSection.merge(kernels, 1, Integer::sum);
      return false;
    }
    found.set(batch);
    long started = System.nanoTime();
    DriverMessages.without(name(kernels), () -> found.plan.withGraph(found.graph).execute());
    log.sequence(batch.size(), found.arguments.bytes(), System.nanoTime() - started);
    return true;
  }

  /** Ends a section of the work: if much of it was repeated, new sequences become graphs. */
  void section() {
    inSection.keySet().removeIf(sequence -> sequence.size() < 2);
    inSection.forEach((sequence, times) -> seen.merge(sequence, times, Integer::sum));
    long repeated =
        inSection.entrySet().stream()
            .filter(e -> seen.getOrDefault(e.getKey(), 0) > 1)
            .mapToLong(e -> (long) e.getValue() * e.getKey().size())
            .sum();
    if (repeated * SHARE > calls) {
      build(List.copyOf(inSection.keySet()));
      seen.keySet().removeAll(inSection.keySet());
    }
    inSection.clear();
    calls = 0;
    while (seen.size() > REMEMBERED) {
      seen.remove(seen.keySet().iterator().next());
    }
  }

  private void build(List<List<Kernel>> sequences) {
    long started = System.nanoTime();
    GridScheduler scheduler = new GridScheduler();
    start.addTo(scheduler);
    Map<Kernel, List<Slot>> slots = new EnumMap<>(Kernel.class);
    Slot end = slot("END", 0, scheduler);
    end.grid.setGlobalWork(GROUP, 1, 1);
    end.grid.setLocalWork(GROUP, 1, 1);
    List<List<Slot>> places = new ArrayList<>();
    int different = 1; // the first offset belongs to the end task, and is all zeros
    for (List<Kernel> kernels : sequences) {
      List<Slot> own = new ArrayList<>();
      Map<Kernel, Integer> before = new EnumMap<>(Kernel.class);
      for (Kernel kernel : kernels) {
        int n = before.merge(kernel, 1, Integer::sum);
        List<Slot> ofKernel = slots.computeIfAbsent(kernel, k -> new ArrayList<>());
        if (ofKernel.size() < n) {
          ofKernel.add(slot(kernel.name() + n, different++, scheduler));
        }
        own.add(ofKernel.get(n - 1));
      }
      places.add(own);
    }
    Arguments own = arguments.forCalls(different);
    List<ImmutableTaskGraph> graphs = new ArrayList<>();
    graphs.add(start.graph());
    for (int i = 0; i < sequences.size(); i++) {
      graphs.add(graph(sequences.get(i), places.get(i), own, end));
    }
    TornadoExecutionPlan plan = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new));
    plan.withDevice(device);
    plan.withGridScheduler(scheduler);
    DriverMessages.without("START of sequences", () -> plan.withGraph(0).execute());
    for (int i = 0; i < sequences.size(); i++) {
      int graph = i + 1;
      DriverMessages.with(name(sequences.get(i)), () -> plan.withGraph(graph).withPreCompilation());
      ready.put(sequences.get(i), new Ready(plan, graph, own, places.get(i)));
    }
    int tasks = sequences.stream().mapToInt(List::size).sum();
    log.built(sequences.size(), tasks, different - 1, System.nanoTime() - started);
  }

  /** The name of a sequence in messages: each of its kernels once. */
  private static String name(List<Kernel> kernels) {
    return kernels.stream().distinct().map(Kernel::name).collect(Collectors.joining(", "));
  }

  private static Slot slot(String name, int number, GridScheduler scheduler) {
    Slot slot = new Slot(name, number * Arguments.CALL, new WorkerGrid3D(1, 1, 1));
    scheduler.addWorkerGrid(NAME + "." + name, slot.grid);
    return slot;
  }

  private ImmutableTaskGraph graph(
      List<Kernel> kernels, List<Slot> places, Arguments own, Slot end) {
    TaskGraph graph = new TaskGraph(NAME);
    graph.consumeFromDevice(own.memories());
    graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, own.travelling());
    for (int i = 0; i < places.size(); i++) {
      kernels.get(i).add(graph, places.get(i).name, own, places.get(i).at);
    }
    Kernel.FILL.add(graph, end.name, own, end.at);
    graph.persistOnDevice(own.memories());
    return graph.snapshot();
  }
}
