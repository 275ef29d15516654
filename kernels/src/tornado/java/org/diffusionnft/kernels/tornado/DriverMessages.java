package org.diffusionnft.kernels.tornado;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.diffusionnft.kernels.TornadoMessages;
import org.diffusionnft.tensor.DeviceException;
import uk.ac.manchester.tornado.api.exceptions.TornadoInternalError;

/**
 * Turns device failures into one sentence. TornadoVM prints a driver's build log to the error
 * stream and throws an exception without it, so that stream is captured while a kernel is compiled,
 * that is, when it first runs.
 */
final class DriverMessages {
  /** Maximum number of build log lines quoted in a message. */
  private static final int LINES = 3;

  private DriverMessages() {}

  /**
   * Runs an action that translates a kernel's Java code, before any driver sees it.
   *
   * @throws DeviceException with the kernel's name and TornadoVM's message
   */
  static void translating(String kernel, Runnable translation) {
    try {
      translation.run();
    } catch (RuntimeException | TornadoInternalError e) {
      throw notTranslated(kernel, e);
    }
  }

  private static DeviceException notTranslated(String kernel, Throwable e) {
    return new DeviceException(
        "TornadoVM does not translate kernel %s: %s".formatted(kernel, TornadoMessages.reason(e)),
        e);
  }

  /**
   * Runs an action that compiles a kernel. TornadoVM rejects some Java code only here.
   *
   * @throws DeviceException with the kernel's name and the driver's message
   */
  static <T> T with(String kernel, Supplier<T> launch) {
    PrintStream usual = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream read = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(read);
      T result = launch.get();
      System.setErr(usual);
      usual.write(bytes.toByteArray(), 0, bytes.size());
      return result;
    } catch (TornadoInternalError e) {
      throw notTranslated(kernel, e);
    } catch (RuntimeException | LinkageError e) {
      String log = worst(bytes.toString(StandardCharsets.UTF_8));
      throw new DeviceException(
          "the driver does not compile kernel %s: %s%s"
              .formatted(
                  kernel, TornadoMessages.reason(e), log.isEmpty() ? "" : "; it says: " + log),
          e);
    } finally {
      System.setErr(usual);
    }
  }

  /**
   * Runs a kernel that is already compiled.
   *
   * @throws DeviceException with the kernel's name
   */
  static <T> T without(String kernel, Supplier<T> launch) {
    try {
      return launch.get();
    } catch (RuntimeException e) {
      throw new DeviceException(
          "kernel %s failed on the device: %s".formatted(kernel, TornadoMessages.reason(e)), e);
    }
  }

  /** The lines that mention errors, or else the first lines. */
  private static String worst(String log) {
    List<String> lines =
        log.lines()
            .map(String::strip)
            .filter(l -> !l.isEmpty() && !l.startsWith("[ERROR] TornadoVM"))
            .toList();
    List<String> errors =
        lines.stream().filter(l -> l.toLowerCase(Locale.ROOT).contains("error")).toList();
    return (errors.isEmpty() ? lines : errors)
        .stream().limit(LINES).collect(Collectors.joining(" / "));
  }
}
