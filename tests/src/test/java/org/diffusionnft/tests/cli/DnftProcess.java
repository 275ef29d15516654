package org.diffusionnft.tests.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.cli.Dnft;

/** Runs {@code dnft} in a process of its own, which can be killed. */
public final class DnftProcess {
  private DnftProcess() {}

  static Process start(Object... args) throws IOException {
    return builder(List.of("-Xmx256m"), args)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The process that is to be started, with more flags for the JVM. */
  public static ProcessBuilder builder(List<String> flags, Object... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(
        List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path").replace("\n", File.pathSeparator),
            Dnft.class.getName()));
    for (Object arg : args) {
      command.add(arg.toString());
    }
    return new ProcessBuilder(command);
  }
}
