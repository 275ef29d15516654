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
    /** Compiled plans, on a device that has them. */
    PLANS
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "Compute device: reference, vector or tornado[:BACKEND[:PLATFORM:DEVICE]]; 'dnft"
              + " devices' lists what is available. Default: the fastest CPU device.")
  private @Nullable String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Number of compute threads. Default: all processors. Results do not depend on it.")
  private @Nullable Integer threads;

  @Option(
      names = "--kernels",
      paramLabel = "vector|native",
      description =
          "Computes the vector device's matrix products with the Vector API or with its own"
              + " machine code. Default: machine code if processor and system allow it. Same as"
              + " -Ddnft.kernels.")
  private @Nullable String kernels;

  @Option(
      names = "--device-memory",
      paramLabel = "MIB",
      description =
          "Memory that a device with its own memory reserves for tensors: this much for F32, and"
              + " as much again for BF16 and F16. Default: 1024.")
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
   * Opens the device and reports which one it is, once.
   *
   * @throws IllegalArgumentException if a requested device is missing
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

  /** The number of compute threads. */
  int threads() {
    return options().threads();
  }

  /** The requested number of threads, if given. */
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

  /** A progress display in units of several parts; see {@link Progress#start}. */
  Progress progress(String task, long done, long all, int unit) {
    return Progress.start(err(), task, done, all, unit, quiet);
  }

  /** Prints a line on the error stream, unless {@code --quiet} is set. */
  void note(String line) {
    if (!quiet) {
      err().println(ErrorMessages.oneLine(line));
      err().flush();
    }
  }

  /** Prints a warning, even with {@code --quiet}. */
  void warn(String sentence) {
    err().println("dnft: warning: " + ErrorMessages.oneLine(sentence));
    err().flush();
  }

  /** Whether only results and errors are shown. */
  boolean isQuiet() {
    return quiet;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Describes the chosen device, the others available, and how to choose another. */
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
