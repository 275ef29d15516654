package org.diffusionnft.kernels.tornado;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.diffusionnft.kernels.TornadoMessages;
import org.diffusionnft.tensor.DeviceException;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Records kernel calls and sends them to the device: together if {@link Sequences} has a graph for
 * them, otherwise one by one.
 *
 * <p>For single calls there is a graph for each kernel and for each transfer buffer size, all in
 * one execution plan, so that they share the device memories. A graph is compiled when it first
 * runs and replayed afterwards; {@link Arguments} holds the operands of each call.
 */
final class Plans implements AutoCloseable {
  /** Sizes, in elements, of the buffers that copy tensors to the device. */
  private static final int[] BUFFERS = {
    64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22
  };

  /** At most one part in this many of a buffer may be copied unused. */
  private static final int EMPTY = 64;

  /** Elements of the buffers that copy tensors back; only the elements wanted are copied. */
  private static final int BACK = 1 << 20;

  /** Work-items per group, for kernels that do not need a specific number. */
  private static final int GROUP = 64;

  /** Name of the task in a single-task graph. */
  private static final String TASK = "t";

  /** Maximum number of calls sent together. */
  private static final int TASKS = Integer.getInteger("dnft.tornado.tasks", 64);

  /** Minimum number of calls worth a graph of their own at the end of a part. */
  private static final int PART = 8;

  /** Whether libraries are used where they are available. */
  private static final boolean LIBRARIES =
      !"false".equals(System.getProperty("dnft.tornado.libraries"));

  private final Arguments arguments;
  private final PlanLog log;
  private final List<ImmutableTaskGraph> graphs = new ArrayList<>();
  private final List<WorkerGrid3D> grids = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final GridScheduler scheduler = new GridScheduler();
  private final Map<Kernel, Integer> kernels = new EnumMap<>(Kernel.class);
  private final FloatArray[] floatBuffers = new FloatArray[BUFFERS.length];
  private final ShortArray[] halfBuffers = new ShortArray[BUFFERS.length];
  private final FloatArray floatsBack = new FloatArray(BACK);
  private final ShortArray halvesBack = new ShortArray(BACK);
  private final int firstPut;
  private final int firstPutHalf;
  private final int takeFloats;
  private final int takeHalves;
  private final boolean[] compiled;
  private final Map<Integer, String> failures = new HashMap<>();
  private final TornadoExecutionPlan plan;
  private final List<Call> recorded = new ArrayList<>();
  private final Sequences sequences;

  @SuppressWarnings("this-escape")
  Plans(TornadoDevice device, Arguments arguments, PlanLog log) {
    this.arguments = arguments;
    this.log = log;
    for (Kernel kernel : Kernel.values()) {
      if (!kernel.library()
          || (LIBRARIES && device.getTornadoVMBackend() == TornadoVMBackendType.CUDA)) {
        kernels.put(
            kernel,
            add(
                kernel.name(),
                g -> kernel.add(g, TASK, arguments, 0),
                kernel == Kernel.START || kernel.library() ? new Object[0] : arguments.travelling(),
                null));
      }
    }
    firstPut = graphs.size();
    for (int i = 0; i < BUFFERS.length; i++) {
      FloatArray buffer = new FloatArray(BUFFERS[i]);
      floatBuffers[i] = buffer;
      add("PUT" + i, g -> put(g, buffer), arguments.travelling(buffer), null);
    }
    firstPutHalf = graphs.size();
    for (int i = 0; i < BUFFERS.length; i++) {
      ShortArray buffer = new ShortArray(BUFFERS[i]);
      halfBuffers[i] = buffer;
      add("PUT_HALF" + i, g -> putHalf(g, buffer), arguments.travelling(buffer), null);
    }
    takeFloats = add("TAKE", g -> take(g), arguments.travelling(), floatsBack);
    takeHalves = add("TAKE_HALF", g -> takeHalf(g), arguments.travelling(), halvesBack);
    compiled = new boolean[graphs.size()];
    plan = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new));
    plan.withDevice(device);
    plan.withGridScheduler(scheduler);
    launch(index(Kernel.START), 1, 1, 1, 1, 1);
    if (has(Kernel.CUBLAS)) {
      tryCublas();
    }
    sequences = new Sequences(device, arguments, log, new FillNothing());
  }

  /** Whether this device has a kernel. */
  boolean has(Kernel kernel) {
    return kernels.containsKey(kernel);
  }

  /** Uses cuBLAS if a call with zero products works; otherwise logs why not. */
  private void tryCublas() {
    arguments.set(0, new int[CublasProvider.SLOTS]);
    try {
      launch(index(Kernel.CUBLAS), 1, 1, 1, 1, 1);
    } catch (DeviceException e) {
      kernels.remove(Kernel.CUBLAS);
      log.note(
          "matrix products run on our own kernels, without cuBLAS (part of NVIDIA's CUDA toolkit): "
              + TornadoMessages.reason(e));
    }
  }

  /** A fill of zero elements. */
  private final class FillNothing implements Sequences.Start {
    @Override
    public void addTo(GridScheduler other) {
      other.addWorkerGrid(taskName(Kernel.FILL.name()), grids.get(index(Kernel.FILL)));
    }

    @Override
    public ImmutableTaskGraph graph() {
      arguments.set(0, new int[ElementwiseTasks.SLOTS]);
      launch(index(Kernel.FILL), GROUP, 1, 1, GROUP, 1);
      return graphs.get(index(Kernel.FILL));
    }
  }

  private void put(TaskGraph g, FloatArray buffer) {
    g.task(
        TASK,
        TransferTasks::dnftPut,
        arguments.context,
        arguments.floats,
        buffer,
        arguments.ints,
        0);
  }

  private void putHalf(TaskGraph g, ShortArray buffer) {
    g.task(
        TASK,
        TransferTasks::dnftPutHalf,
        arguments.context,
        arguments.h(0),
        arguments.h(1),
        arguments.h(2),
        arguments.h(3),
        buffer,
        arguments.ints,
        0);
  }

  private void take(TaskGraph g) {
    g.task(
        TASK,
        TransferTasks::dnftTake,
        arguments.context,
        arguments.floats,
        floatsBack,
        arguments.ints,
        0);
  }

  private void takeHalf(TaskGraph g) {
    g.task(
        TASK,
        TransferTasks::dnftTakeHalf,
        arguments.context,
        arguments.h(0),
        arguments.h(1),
        arguments.h(2),
        arguments.h(3),
        halvesBack,
        arguments.ints,
        0);
  }

  /** Adds a graph of one task. The first graph creates the memories, and the others use them. */
  private int add(String name, Consumer<TaskGraph> task, Object[] carried, @Nullable Object back) {
    TaskGraph graph = new TaskGraph(graphName(name));
    if (!graphs.isEmpty()) {
      graph.consumeFromDevice(arguments.memories());
    }
    if (carried.length > 0) {
      graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, carried);
    }
    DriverMessages.translating(name, () -> task.accept(graph));
    graph.persistOnDevice(arguments.memories());
    if (back != null) {
      graph.transferToHost(DataTransferMode.UNDER_DEMAND, back);
    }
    WorkerGrid3D grid = new WorkerGrid3D(GROUP, 1, 1);
    scheduler.addWorkerGrid(taskName(name), grid);
    grids.add(grid);
    graphs.add(graph.snapshot());
    names.add(name);
    return graphs.size() - 1;
  }

  private static String graphName(String name) {
    return "dnft" + name;
  }

  private static String taskName(String name) {
    return graphName(name) + "." + TASK;
  }

  /** Runs a kernel with one work-item for each of {@code items}. */
  void each(Kernel kernel, long items, int[] p, float... f) {
    record(new Call(kernel, wholeGroups(items), 1, 1, GROUP, 1, p, f));
  }

  private static long wholeGroups(long items) {
    return (items + GROUP - 1) / GROUP * GROUP;
  }

  /** Runs a kernel with {@code groups} work-groups of {@code size} work-items. */
  void groups(Kernel kernel, long groups, int size, int[] p, float... f) {
    record(new Call(kernel, groups * size, 1, 1, size, 1, p, f));
  }

  /**
   * Runs a kernel with layers of {@code across} x {@code down} work-groups, each of {@code side} x
   * {@code side} work-items.
   */
  void tiles(Kernel kernel, long across, long down, long layers, int side, int[] p, float... f) {
    record(new Call(kernel, across * side, down * side, layers, side, side, p, f));
  }

  private synchronized void record(Call call) {
    recorded.add(call);
    if (recorded.size() == TASKS) {
      flush();
    }
  }

  /**
   * Sends the recorded calls. Required before every copy between host and device, because the copy
   * may reuse the memory of a tensor that recorded calls still read.
   */
  synchronized void flush() {
    if (recorded.isEmpty()) {
      return;
    }
    List<Call> batch = List.copyOf(recorded);
    recorded.clear();
    if (batch.size() == 1 || !sequences.run(batch)) {
      batch.forEach(this::launch);
    }
  }

  /** Ends a part of the work that may be repeated: its calls are sent together. */
  synchronized void part() {
    if (recorded.size() >= PART) {
      flush();
    }
  }

  /** Ends a section of the work. */
  synchronized void section() {
    flush();
    sequences.section();
  }

  private void launch(Call call) {
    arguments.set(0, call.ints(), call.scalars());
    launch(index(call.kernel()), call.x(), call.y(), call.z(), call.localX(), call.localY());
  }

  private int index(Kernel kernel) {
    Integer graph = kernels.get(kernel);
    if (graph == null) {
      throw new IllegalStateException("this device has no kernel " + kernel);
    }
    return graph;
  }

  private TornadoExecutionResult launch(int graph, long x, long y, long z, int localX, int localY) {
    WorkerGrid3D grid = grids.get(graph);
    grid.setGlobalWork(x, y, z);
    grid.setLocalWork(localX, localY, 1);
    boolean first = !compiled[graph];
    String refused = failures.get(graph);
    if (refused != null) {
      throw new DeviceException(refused);
    }
    long start = System.nanoTime();
    TornadoExecutionResult result = first ? compile(graph) : run(graph);
    log.launched(names.get(graph), first, arguments.bytes(), System.nanoTime() - start);
    compiled[graph] = true;
    return result;
  }

  /** Remembers a failure: a second attempt would not report the original cause. */
  private TornadoExecutionResult compile(int graph) {
    try {
      return DriverMessages.with(names.get(graph), () -> execute(graph));
    } catch (DeviceException e) {
      failures.put(graph, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private TornadoExecutionResult run(int graph) {
    return DriverMessages.without(names.get(graph), () -> execute(graph));
  }

  private TornadoExecutionResult execute(int graph) {
    return plan.withGraph(graph).execute();
  }

  /** Copies floats from the host into the memory. */
  void put(MemorySegment from, int at) {
    carry(from, 0, at, 4, firstPut, true);
  }

  /** Copies halves from the host into one of their arrays. */
  void putHalves(MemorySegment from, int array, int at) {
    carry(from, array, at, 2, firstPutHalf, false);
  }

  /**
   * Copies in pieces of the buffers' sizes, largest first: TornadoVM copies whole buffers, so this
   * copies little more than the tensor.
   */
  private synchronized void carry(
      MemorySegment from, int array, int at, int bytes, int first, boolean floats) {
    flush();
    long left = from.byteSize() / bytes;
    long done = 0;
    while (left > 0) {
      int i = buffer(left);
      int count = (int) Math.min(left, BUFFERS[i]);
      MemorySegment buffer = floats ? floatBuffers[i].getSegment() : halfBuffers[i].getSegment();
      MemorySegment.copy(from, done * bytes, buffer, 0, (long) count * bytes);
      arguments.set(0, slots(count, at + done, array));
      launch(first + i, wholeGroups(count), 1, 1, GROUP, 1);
      log.sent((long) BUFFERS[i] * bytes);
      done += count;
      left -= count;
    }
  }

  /**
   * The largest buffer that {@code elements} fill or nearly fill: large tensors are then copied in
   * few pieces, with little unused space.
   */
  private static int buffer(long elements) {
    int i = BUFFERS.length - 1;
    while (i > 0 && BUFFERS[i] - BUFFERS[i] / EMPTY > elements) {
      i--;
    }
    return i;
  }

  /** Copies floats from the memory to the host. */
  void take(int at, MemorySegment to) {
    fetch(0, at, to, 4, takeFloats);
  }

  /** Copies halves from one of their arrays to the host. */
  void takeHalves(int array, int at, MemorySegment to) {
    fetch(array, at, to, 2, takeHalves);
  }

  private synchronized void fetch(int array, int at, MemorySegment to, int bytes, int graph) {
    flush();
    long all = to.byteSize() / bytes;
    for (long done = 0; done < all; done += BACK) {
      int count = (int) Math.min(all - done, BACK);
      arguments.set(0, slots(count, at + done, array));
      TornadoExecutionResult result = launch(graph, wholeGroups(count), 1, 1, GROUP, 1);
      boolean floats = bytes == 4;
      result.transferToHost(new DataRange(floats ? floatsBack : halvesBack).withSize(count));
      MemorySegment buffer = floats ? floatsBack.getSegment() : halvesBack.getSegment();
      MemorySegment.copy(buffer, 0, to, done * bytes, (long) count * bytes);
      log.received((long) count * bytes);
    }
  }

  private static int[] slots(int count, long at, int array) {
    int[] p = new int[TransferTasks.SLOTS];
    p[TransferTasks.ELEMENTS] = count;
    p[TransferTasks.AT] = (int) at;
    p[TransferTasks.ARRAY] = array;
    return p;
  }

  @Override
  public synchronized void close() {
    plan.freeDeviceMemory();
    try {
      plan.close();
    } catch (Exception e) {
      throw new IllegalStateException(
          "TornadoVM did not release the device: " + TornadoMessages.reason(e), e);
    }
  }
}
