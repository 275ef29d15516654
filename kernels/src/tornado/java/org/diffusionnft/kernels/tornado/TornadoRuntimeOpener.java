package org.diffusionnft.kernels.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.kernels.TornadoOpener;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider.Description;
import org.diffusionnft.tensor.DeviceProvider.Found;
import org.diffusionnft.tensor.InvalidInputException;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** Lists and opens TornadoVM's devices. */
public final class TornadoRuntimeOpener implements TornadoOpener {
  /** The default size of a device's memory in MiB, overridden by {@code --device-memory}. */
  private static final int DEFAULT_MEBIBYTES = 1024;

  /** The maximum number of elements of a TornadoVM array. */
  private static final long MOST_ELEMENTS = Integer.MAX_VALUE - 1024;

  static {
    // TornadoVM reads these when its classes load. Without the first, it silently runs Java code
    // instead of a kernel that does not compile.
    System.setProperty("tornado.recover.bailout", "False");
    System.setProperty("tornado.device.memory", "1024GB");
    // The default, -cl-fast-relaxed-math, sacrifices precision, infinities and NaN.
    setUnlessGiven("tornado.opencl.compiler.flags", "-w");
    // Size of its bytecode for a graph; the default fits about 20 kernels.
    setUnlessGiven("tornado.tvm.maxbytecodesize", "65536");
    // With pinning, the host side of every array would take as much real memory as the device side,
    // although it is never read or written.
    setUnlessGiven("tornado.cuda.host.pinning", "False");
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  @Override
  public Found probe() {
    List<Description> devices = new ArrayList<>();
    TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
    for (int b = 0; b < runtime.getNumBackends(); b++) {
      TornadoBackend backend = runtime.getBackend(b);
      for (int d = 0; d < backend.getNumDevices(); d++) {
        devices.add(description(backend, d));
      }
    }
    return new Found(
        devices, devices.isEmpty() ? "TornadoVM is installed but found no device" : "");
  }

  private static Description description(TornadoBackend backend, int index) {
    var device = backend.getDevice(index);
    return new Description(
        name(backend, index),
        String.format(
            Locale.ROOT,
            "%s (%s), %.1f GiB, %.1f GiB in one piece; %s; computes in F32, reads BF16 and F16"
                + " weights",
            device.getPhysicalDevice().getDeviceName().strip(),
            device.getPlatformName().strip(),
            device.getMaxGlobalMemory() / (double) (1 << 30),
            device.getMaxAllocMemory() / (double) (1 << 30),
            halfArithmetic(backend, device)));
  }

  /** What the driver reports about its native half-precision arithmetic. */
  private static String halfArithmetic(
      TornadoBackend backend, uk.ac.manchester.tornado.api.common.TornadoDevice device) {
    if (backend.getBackendType() != TornadoVMBackendType.OPENCL) {
      return "the driver's FP16 and BF16 arithmetic is not known";
    }
    // OpenCL lists FP16 as an extension of a device; BF16 exists only in vendors' extensions.
    String extensions = String.valueOf(device.getPhysicalDevice().getDeviceInfo());
    return "driver: %s, %s"
        .formatted(
            extensions.contains("cl_khr_fp16") ? "FP16" : "no FP16",
            extensions.contains("bfloat16") ? "BF16" : "no BF16");
  }

  /** {@code tornado:BACKEND:PLATFORM:DEVICE}; TornadoVM numbers devices across platforms. */
  private static String name(TornadoBackend backend, int index) {
    String family = backend.getBackendType().name().toLowerCase(Locale.ROOT);
    int platform = 0;
    int first = 0;
    for (int i = 1; i <= index; i++) {
      String before = backend.getDevice(i - 1).getPlatformName();
      if (!backend.getDevice(i).getPlatformName().equals(before)) {
        platform++;
        first = i;
      }
    }
    return "tornado:" + family + ":" + platform + ":" + (index - first);
  }

  @Override
  public Device open(String name, DeviceOptions options) {
    TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
    for (int b = 0; b < runtime.getNumBackends(); b++) {
      TornadoBackend backend = runtime.getBackend(b);
      for (int d = 0; d < backend.getNumDevices(); d++) {
        if (name(backend, d).equals(name)) {
          return open(name, backend.getDevice(d), options);
        }
      }
    }
    throw new InvalidInputException("TornadoVM no longer has a device '" + name + "'");
  }

  private static Device open(
      String name,
      uk.ac.manchester.tornado.api.common.TornadoDevice device,
      DeviceOptions options) {
    long mebibytes = options.mebibytes() == 0 ? DEFAULT_MEBIBYTES : options.mebibytes();
    long piece = device.getMaxAllocMemory() >> 20;
    long mostHalves = Halves.ARRAYS * Math.min(piece, (2 * MOST_ELEMENTS) >> 20);
    long mostFloats = Math.min(piece, (4 * MOST_ELEMENTS) >> 20);
    long most = Math.max(mostHalves, mostFloats);
    if (mebibytes < 16 || mebibytes > most) {
      throw new InvalidInputException(
          "--device-memory for %s must be from 16 to %d MiB, not %d"
              .formatted(name, most, mebibytes));
    }
    int floats = (int) (Math.min(mebibytes, mostFloats) << 18);
    int[] halves = new int[Halves.ARRAYS];
    Arrays.fill(halves, (int) ((Math.min(mebibytes, mostHalves) << 19) / Halves.ARRAYS));
    return new TornadoDevice(
        name, device, floats, halves, new PlanLog(options.tellPlans(), System.err::println));
  }
}
