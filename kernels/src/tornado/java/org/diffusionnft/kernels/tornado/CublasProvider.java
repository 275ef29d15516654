package org.diffusionnft.kernels.tornado;

import java.util.function.Supplier;
import org.diffusionnft.kernels.TornadoMessages;
import org.diffusionnft.tensor.DeviceException;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.LibraryRegistry;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * Matrix products by cuBLAS, on the CUDA backend. TornadoVM's own cuBLAS task takes whole arrays
 * and makes the sizes part of the graph. Ours takes positions in the device's one large array and
 * reads each call's sizes from {@link Arguments}, as all kernels do, so one graph serves all
 * shapes. It adds the positions to the array's address and passes the call on to TornadoVM's
 * provider. {@link LibraryRegistry} finds this class with {@link java.util.ServiceLoader}.
 *
 * <p>cuBLAS matrices are column-major and ours row-major, so it sees ours as their transposes. It
 * therefore computes {@code outᵀ = op(b)ᵀ op(a)ᵀ}, with our {@code b} as its first operand, without
 * any copies.
 */
public final class CublasProvider implements TornadoLibraryProvider {
  /** Whether a and b are stored transposed. */
  static final int TRANSPOSE_A = 0;

  static final int TRANSPOSE_B = 1;
  static final int ROWS = 2;
  static final int COLUMNS = 3;
  static final int INNER = 4;

  /** Position, row stride as stored, and batch stride. */
  static final int A = 5;

  static final int A_ROW = 6;
  static final int A_BATCH = 7;

  /** The same for b. */
  static final int B = 8;

  static final int B_ROW = 9;
  static final int B_BATCH = 10;

  /** The same for the result. */
  static final int OUT = 11;

  static final int OUT_ROW = 12;
  static final int OUT_BATCH = 13;
  static final int BATCHES = 14;

  /** Whether the product is added to the existing result. */
  static final int ACCUMULATE = 15;

  static final int SLOTS = 16;

  /** The slot of {@code f}. */
  static final int SCALE = 0;

  private static final String NAME = "dnft/cublas";
  private static final String CUBLAS = "nvidia/cublas";

  /** TornadoVM's provider, and its context for one plan. */
  private record Context(TornadoLibraryProvider cublas, LibraryContext own)
      implements LibraryContext {}

  /** The location of a call's arguments. */
  record Place(Arguments arguments, int at) {
    int get(int slot) {
      return arguments.ints.get(at + slot);
    }
  }

  /** A task of a graph. Its only array is the memory; the sizes are read when it runs. */
  static LibraryTaskDescriptor task(Place place) {
    return new LibraryTaskDescriptor()
        .withLibrary(NAME)
        .withFunction("cublasSgemmStridedBatched")
        .withParameters(new Object[] {place.arguments.floats})
        .withAccess(new Access[] {Access.READ_WRITE})
        .withTuning(place);
  }

  @Override
  public String libraryName() {
    return NAME;
  }

  @Override
  public boolean canHandle(TornadoXPUDevice device) {
    return withMessage(() -> LibraryRegistry.findProvider(CUBLAS, device).canHandle(device));
  }

  @Override
  public LibraryContext createContext(TornadoXPUDevice device, long plan) {
    return withMessage(
        () -> {
          TornadoLibraryProvider cublas = LibraryRegistry.findProvider(CUBLAS, device);
          return new Context(cublas, cublas.createContext(device, plan));
        });
  }

  @Override
  public void dispatch(String function, LibraryInvocation call) {
    Place p = (Place) call.getTuning();
    Arguments arguments = p.arguments;
    if (p.get(BATCHES) == 0) {
      return;
    }
    long memory = call.getDevicePointer(0);
    Object[] values = {
      p.get(TRANSPOSE_B),
      p.get(TRANSPOSE_A),
      p.get(COLUMNS),
      p.get(ROWS),
      p.get(INNER),
      arguments.scalar(p.at, SCALE),
      arguments.floats,
      p.get(B_ROW),
      (long) p.get(B_BATCH),
      arguments.floats,
      p.get(A_ROW),
      (long) p.get(A_BATCH),
      p.get(ACCUMULATE) == 0 ? 0f : 1f,
      arguments.floats,
      p.get(OUT_ROW),
      (long) p.get(OUT_BATCH),
      p.get(BATCHES)
    };
    long[] pointers = new long[values.length];
    boolean[] references = new boolean[values.length];
    int[] positions = {p.get(B), p.get(A), p.get(OUT)};
    int matrix = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] == arguments.floats) {
        pointers[i] = memory + Float.BYTES * (long) positions[matrix++];
        references[i] = true;
      }
    }
    Context context = (Context) call.getContext();
    LibraryInvocation there =
        new LibraryInvocation(
            values,
            pointers,
            references,
            call.getDevice(),
            call.getExecutionPlanId(),
            context.own,
            null);
    withMessage(
        () -> {
          context.cublas.dispatch(function, there);
          return context;
        });
  }

  /** When a task fails, TornadoVM drops the messages of its own exceptions, but not of others. */
  private static <T> T withMessage(Supplier<T> work) {
    try {
      return work.get();
    } catch (TornadoRuntimeException e) {
      throw new DeviceException(TornadoMessages.reason(e), e);
    }
  }

  @Override
  public void destroyContext(LibraryContext context) {
    Context ours = (Context) context;
    ours.cublas.destroyContext(ours.own);
  }
}
