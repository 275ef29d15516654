package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Runs golden cases.
 *
 * @param kind the kind of the case
 * @param checks the verdict on every output
 */
public record Verification(String kind, List<Check> checks) {
  private static final List<CaseKind> KINDS =
      List.of(
          new DTypeConversionCase(),
          new OpsCase(),
          new AutocastCase(),
          new MmditCase(),
          new LoraCase(),
          new SchedulerCase(),
          new CpsStepCase(),
          new SolverCase(),
          new NftLossCase(),
          new AwmLossCase(),
          new CrdLossCase(),
          new GuardLossCase(),
          new ReturnDecayCase(),
          new StatTrackerCase(),
          new EmaCase(),
          new AdamWCase(),
          new NftTraceCase(),
          new FlowGrpoCase(),
          new TokenizersCase(),
          new TextEncodersCase(),
          new VaeCase(),
          new ClipScoreCase(),
          new ImageRewardCase(),
          new PpOcrCase(),
          new Mask2FormerCase(),
          new ManifestCase());

  /**
   * Runs a case on a device.
   *
   * @param listener receives every verdict immediately
   * @throws InvalidFileException if the folder is not a case, or of unknown kind
   * @throws IOException if a file cannot be read
   */
  public static Verification run(Path path, Device device, Consumer<Check> listener)
      throws IOException {
    try (CaseFolder folder = CaseFolder.open(path);
        Memory.Scope _ = device.memory().scope()) {
      CaseKind kind = kindOf(folder);
      Checks checks = new Checks(folder, listener);
      kind.verify(folder, device, checks);
      checks.finish();
      return new Verification(kind.name(), checks.all());
    }
  }

  /**
   * Finds the kind by the case's name if its contents match; for a renamed case, by its contents
   * alone.
   */
  private static CaseKind kindOf(CaseFolder folder) throws InvalidFileException {
    String name = folder.config().node().path("case").asText("");
    for (CaseKind kind : KINDS) {
      boolean named = name.equals(kind.name()) || name.startsWith(kind.name() + "_");
      if (named && kind.recognises(folder)) {
        return kind;
      }
    }
    for (CaseKind kind : KINDS) {
      if (kind.recognises(folder)) {
        return kind;
      }
    }
    if (folder.expected() instanceof NoTensors missing) {
      throw new InvalidFileException(missing.path(), "no such file");
    }
    throw new InvalidFileException(
        folder.config().file(),
        "case '"
            + name
            + "' is of no known kind: "
            + KINDS.stream().map(CaseKind::name).collect(Collectors.joining(", ")));
  }

  /** Whether every output is as expected. */
  public boolean passed() {
    return checks.stream().allMatch(Check::passed);
  }

  /** The output closest to its tolerance, or furthest beyond it. */
  public Check worst() {
    return checks.stream()
        .max((a, b) -> Double.compare(a.shareOfLimit(), b.shareOfLimit()))
        .orElseThrow();
  }
}
