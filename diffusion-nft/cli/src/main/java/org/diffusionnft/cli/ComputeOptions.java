package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.DeviceProvider.Description;
import org.diffusionnft.tensor.Devices;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of every command that computes. */
final class ComputeOptions {
  /** What can be logged on request. */
  enum Log {
    /** Compiled plans of a device that has some. */
    PLANS
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "What computes: reference, vector or tornado[:BACKEND[:PLATFORM:DEVICE]]; 'dnft devices'"
              + " lists what is here. Default: the fastest of the processor.")
  private @Nullable String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: all processors. Results do not depend on it.")
  private @Nullable Integer threads;

  @Option(
      names = "--kernels",
      paramLabel = "vector|native",
      description =
          "Forces the vector device's products to be the Vector API's or machine code of its own."
              + " Default: machine code where the processor and the system allow it. The same as"
              + " -Ddnft.kernels.")
  private @Nullable String kernels;

  @Option(
      names = "--device-memory",
      paramLabel = "MIB",
      description =
          "What a device with memory of its own sets aside for tensors: once for F32, and as much"
              + " again for BF16 and F16. Default: 1024.")
  private int mebibytes;

  @Option(
      names = "--log",
      paramLabel = "plans",
      description =
          "Shows what the device compiled, replayed, copied and left to the reference device.")
  private @Nullable Log log;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, only results and errors.")
  private boolean quiet;

  /**
   * Opens the device and says which, once.
   *
   * @throws IllegalArgumentException if a device that was asked for is not there
   */
  Device open() {
    DeviceOptions options = options();
    if (kernels != null) {
      System.setProperty("dnft.kernels", kernels); // read when the first device is opened
    }
    Device opened = device == null ? Devices.openDefault(options) : Devices.open(device, options);
    if (!quiet) {
      err().println(choice(opened.name()));
      err().flush();
    }
    return opened;
  }

  /** How many threads compute. */
  int threads() {
    return options().threads();
  }

  /** How many threads were asked for, if that was said. */
  OptionalInt askedThreads() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  private DeviceOptions options() {
    int all = Runtime.getRuntime().availableProcessors();
    return new DeviceOptions(threads == null ? all : threads, mebibytes, log == Log.PLANS);
  }

  /** A progress display on the error stream. */
  Progress progress(String task, long done, long all) {
    return progress(task, done, all, 1);
  }

  /** A progress display that counts in units of several parts; see {@link Progress#start}. */
  Progress progress(String task, long done, long all, int unit) {
    return Progress.start(err(), task, done, all, unit, quiet);
  }

  /** A line on the error stream, unless all is to be quiet. */
  void note(String line) {
    if (!quiet) {
      err().println(ErrorMessages.oneLine(line));
      err().flush();
    }
  }

  /** A warning, which is shown even if all is to be quiet. */
  void warn(String sentence) {
    err().println("dnft: warning: " + ErrorMessages.oneLine(sentence));
    err().flush();
  }

  /** Whether only results and errors are to be shown. */
  boolean isQuiet() {
    return quiet;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Which device was chosen, which others there are, what would change it. */
  private String choice(String name) {
    String details = "";
    List<String> others = new ArrayList<>();
    for (DeviceProvider provider : Devices.providers()) {
      DeviceProvider.Found found = provider.probe();
      for (Description description : found.devices()) {
        if (description.name().equals(name)) {
          details = " (" + description.details() + ")";
        } else {
          others.add(description.name());
        }
      }
    }
    return "device: "
        + name
        + details
        + (others.isEmpty() ? "" : "; also here: " + String.join(", ", others))
        + (device == null
            ? "; 'dnft devices' lists more, --device chooses"
            : "; chosen by --device");
  }
}
