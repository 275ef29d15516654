package org.diffusionnft.kernels.tornado;

import java.util.function.Supplier;
import org.diffusionnft.kernels.TornadoMessages;
import org.diffusionnft.tensor.DeviceException;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.LibraryRegistry;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * Matrix products by cuBLAS, on the CUDA backend. TornadoVM's own task for it takes whole arrays
 * and makes the sizes part of the graph; ours takes positions in the device's one large array and
 * reads the sizes of each call from {@link Arguments}, as all kernels do, so one graph serves all
 * shapes. It adds the positions to the array's address and hands the call to TornadoVM's provider.
 * {@link LibraryRegistry} finds it with {@link java.util.ServiceLoader}.
 *
 * <p>cuBLAS stores matrices by columns, we by rows: what we store reads as the transpose there. So
 * it is asked for {@code outᵀ = op(b)ᵀ op(a)ᵀ}, with our {@code b} as its first operand, and
 * nothing is copied.
 *
 * <p>{@code p}: 0 and 1 whether b and a are stored transposed, 2 columns, 3 rows, 4 inner, 5 to 7
 * position of b, numbers from line to line, from batch to batch, 8 to 10 the same of a, 11 to 13 of
 * out, 14 batches, 15 whether to accumulate; {@code f}: scale.
 */
public final class CublasProvider implements TornadoLibraryProvider {
  private static final String NAME = "dnft/cublas";
  private static final String CUBLAS = "nvidia/cublas";

  /** TornadoVM's provider, and what it made for one plan. */
  private record Context(TornadoLibraryProvider cublas, LibraryContext own)
      implements LibraryContext {}

  /** For a task of a graph: the memory is its one array; sizes are read when it runs. */
  static LibraryTaskDescriptor task(Arguments arguments) {
    return new LibraryTaskDescriptor()
        .withLibrary(NAME)
        .withFunction("cublasSgemmStridedBatched")
        .withParameters(new Object[] {arguments.floats})
        .withAccess(new Access[] {Access.READ_WRITE})
        .withTuning(arguments);
  }

  @Override
  public String libraryName() {
    return NAME;
  }

  @Override
  public boolean canHandle(TornadoXPUDevice device) {
    return told(() -> LibraryRegistry.findProvider(CUBLAS, device).canHandle(device));
  }

  @Override
  public LibraryContext createContext(TornadoXPUDevice device, long plan) {
    return told(
        () -> {
          TornadoLibraryProvider cublas = LibraryRegistry.findProvider(CUBLAS, device);
          return new Context(cublas, cublas.createContext(device, plan));
        });
  }

  @Override
  public void dispatch(String function, LibraryInvocation call) {
    Arguments arguments = (Arguments) call.getTuning();
    IntArray p = arguments.ints;
    if (p.get(14) == 0) {
      return;
    }
    long memory = call.getDevicePointer(0);
    Object[] values = {
      p.get(0),
      p.get(1),
      p.get(2),
      p.get(3),
      p.get(4),
      arguments.scalars.get(0),
      arguments.floats,
      p.get(6),
      (long) p.get(7),
      arguments.floats,
      p.get(9),
      (long) p.get(10),
      p.get(15) == 0 ? 0f : 1f,
      arguments.floats,
      p.get(12),
      (long) p.get(13),
      p.get(14)
    };
    long[] pointers = new long[values.length];
    boolean[] references = new boolean[values.length];
    int[] matrices = {6, 9, 13}; // whose positions are 5, 8 and 11 in p
    for (int i = 0; i < matrices.length; i++) {
      pointers[matrices[i]] = memory + 4L * p.get(5 + 3 * i);
      references[matrices[i]] = true;
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
    told(
        () -> {
          context.cublas.dispatch(function, there);
          return context;
        });
  }

  /** TornadoVM keeps no message of its own exceptions when a task fails; of others it does. */
  private static <T> T told(Supplier<T> work) {
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
