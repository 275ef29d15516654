package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.conformance.Suite;
import org.diffusionnft.conformance.Verdict;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.verify.Check;
import org.diffusionnft.verify.DeviceReport;
import org.diffusionnft.verify.Verification;
import org.diffusionnft.verify.onnx.OnnxCases;
import org.diffusionnft.verify.onnx.OnnxOutcome;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft verify}: checks a device against golden cases, or kernel by kernel. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks a device against recorded outputs of the reference implementations; without cases,"
          + " checks every kernel of the device against the reference device, over all shapes and"
          + " types.",
      "Prints one line per output or kernel. Exit code: 0 if all are as expected, 1 if an output"
          + " is not, 2 if a folder is not a runnable case.",
      "With --precision bf16, the lines show how far BF16 deviates from the outputs recorded in"
          + " F32; most are then not as expected. Cases that compare the precisions themselves"
          + " (*_autocast_bf16) are unaffected, and so are kernels, which are checked in each"
          + " precision."
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private PrecisionOption precision;

  @Option(names = "--failures", description = "Print only the outputs that are not as expected.")
  private boolean failuresOnly;

  @Option(
      names = "--onnx",
      paramLabel = "DIR",
      description = {
        "Runs the ONNX cases under DIR instead: folders with model.onnx and"
            + " test_data_set_0/{input,output}_N.pb, and optionally tolerance.txt (rtol X, atol"
            + " X).",
        "Prints those that do not pass, then the numbers of passed, unsupported and failed cases;"
            + " --report FILE.md writes the table of operators."
      })
  private @Nullable Path onnx;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Writes the verdicts to FILE.md or FILE.json; can be given twice.")
  private List<Path> reports = List.of();

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description = "Without cases: only this kernel; can be repeated.")
  private List<String> kernels = List.of();

  @Parameters(arity = "0..*", paramLabel = "CASE", description = "Folders of golden cases.")
  private List<Path> cases = List.of();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    for (Path report : reports) {
      if (!DeviceReport.writable(report)) {
        throw new InvalidInputException(
            "--report " + report + " must end with .md or .json: choose one of these formats");
      }
    }
    Precision chosen = precision.or(Precision.F32);
    if (onnx != null) {
      if (chosen != Precision.F32) {
        throw new InvalidInputException(
            "--onnx computes in f32 only: leave --precision " + chosen.option() + " away");
      }
      return verifyOnnx(onnx, out);
    }
    int exit = 0;
    List<Verdict> rows = new ArrayList<>();
    try (Device opened = compute.open()) {
      if (cases.isEmpty()) {
        exit = verifyKernels(opened, rows, out);
      }
      for (Path folder : cases) {
        int ended = Autocast.in(chosen, () -> verify(folder, opened, rows, out, err));
        exit = Math.max(exit, ended);
      }
      DeviceReport done = new DeviceReport(opened.name(), rows);
      for (Path report : reports) {
        done.write(report);
      }
    }
    return exit;
  }

  private int verifyOnnx(Path folder, PrintWriter out) throws IOException {
    if (!cases.isEmpty() || !kernels.isEmpty()) {
      throw new InvalidInputException(
          "--onnx runs the cases below its own folder: give no golden cases and no --kernel with"
              + " it");
    }
    for (Path report : reports) {
      if (!report.toString().endsWith(".md")) {
        throw new InvalidInputException("--report " + report + " must end with .md with --onnx");
      }
    }
    try (Device opened = compute.open()) {
      OnnxCases done =
          OnnxCases.run(
              folder,
              opened,
              outcome -> {
                if (outcome.verdict() != OnnxOutcome.Verdict.PASSED) {
                  out.println(outcome);
                }
              });
      for (Path report : reports) {
        done.write(report);
      }
      out.println(done.summary());
      return done.count(OnnxOutcome.Verdict.FAILED) == 0 ? 0 : 1;
    }
  }

  private int verifyKernels(Device opened, List<Verdict> rows, PrintWriter out) {
    List<String> known = Suite.kernels();
    for (String kernel : kernels) {
      if (!known.contains(kernel)) {
        throw new InvalidInputException(
            "there is no kernel '" + kernel + "'; there are " + String.join(", ", known));
      }
    }
    for (String kernel : kernels.isEmpty() ? known : kernels) {
      Suite.run(opened, List.of(kernel), out::println)
          .forEach(
              row -> {
                rows.add(row);
                out.println(
                    String.format(
                        Locale.ROOT,
                        "%s: %s: %d cases on %s; largest error %.1f %% of what is allowed",
                        row.subject(),
                        row.failed() == 0
                            ? "PASSED"
                            : "FAILED, " + row.failed() + " not as expected",
                        row.checks(),
                        opened.name(),
                        100 * row.worst()));
                out.flush();
              });
    }
    return rows.stream().allMatch(row -> row.failed() == 0) ? 0 : 1;
  }

  private int verify(
      Path folder, Device opened, List<Verdict> rows, PrintWriter out, PrintWriter err)
      throws IOException {
    Path file = folder.toAbsolutePath().normalize().getFileName();
    String name = file == null ? folder.toString() : file.toString();
    try {
      long start = System.nanoTime();
      Verification done = Verification.run(folder, opened, check -> print(name, check, out));
      int failed = (int) done.checks().stream().filter(c -> !c.passed()).count();
      rows.add(
          new Verdict(
              name,
              done.checks().size(),
              failed,
              Math.min(done.worst().shareOfLimit(), 1e9),
              0,
              (System.nanoTime() - start) * 1e-9));
      out.println(summary(name, opened.name(), done));
      out.flush();
      return done.passed() ? 0 : 1;
    } catch (IOException | IllegalArgumentException e) {
      out.flush();
      String sentence = ErrorMessages.sentence(e);
      if (sentence == null) {
        throw e; // a bug of ours, reported with its stack trace
      }
      err.println("dnft: " + sentence);
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
