package org.diffusionnft.trainer.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.verify.Check;
import org.diffusionnft.trainer.verify.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft verify}: golden cases against a device. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks a device against recorded outputs of the reference implementations.",
      "Prints one line per output. Exit code: 0 all as expected, 1 an output is not, 2 a folder"
          + " is no case that can be run."
    })
final class Verify implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;

  @Option(
      names = "--failures",
      description = "Of the outputs, print only those that are not as expected.")
  private boolean failuresOnly;

  @Parameters(arity = "1..*", paramLabel = "CASE", description = "Folders of golden cases.")
  private List<Path> cases = List.of();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    int exit = 0;
    try (Device opened = compute.open()) {
      for (Path folder : cases) {
        exit = Math.max(exit, verify(folder, opened, out, err));
      }
    }
    return exit;
  }

  private int verify(Path folder, Device opened, PrintWriter out, PrintWriter err) {
    Path file = folder.toAbsolutePath().normalize().getFileName();
    String name = file == null ? folder.toString() : file.toString();
    try {
      Verification done = Verification.run(folder, opened, check -> print(name, check, out));
      out.println(summary(name, opened.name(), done));
      out.flush();
      return done.passed() ? 0 : 1;
    } catch (IOException | IllegalArgumentException e) {
      out.flush();
      err.println("dnft: " + ErrorMessages.sentence(e));
      err.flush();
      return ErrorMessages.WRONG_INPUT;
    }
  }

  private void print(String name, Check check, PrintWriter out) {
    if (!failuresOnly || !check.passed()) {
      out.println(name + ": " + check);
    }
  }

  private static String summary(String name, String device, Verification done) {
    long failed = done.checks().stream().filter(c -> !c.passed()).count();
    Check worst = done.worst();
    String verdict = failed == 0 ? "PASSED" : "FAILED, " + failed + " not as expected";
    String closest =
        Double.isInfinite(worst.shareOfLimit())
            ? ""
            : String.format(
                Locale.ROOT,
                "; largest error %.1f %% of its tolerance (%s)",
                100 * worst.shareOfLimit(),
                worst.output());
    return String.format(
        Locale.ROOT,
        "%s: %s: %d outputs of kind %s on %s%s",
        name,
        verdict,
        done.checks().size(),
        done.kind(),
        device,
        closest);
  }
}
