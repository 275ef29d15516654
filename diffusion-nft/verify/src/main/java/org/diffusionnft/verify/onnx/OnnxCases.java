package org.diffusionnft.verify.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.verify.onnx.OnnxOutcome.Verdict;
import org.diffusionnft.weights.io.AtomicFile;

/**
 * The outcomes of all cases under a folder.
 *
 * @param outcomes sorted by name
 */
public record OnnxCases(List<OnnxOutcome> outcomes) {
  private static final String MODEL = "model.onnx";

  /**
   * Runs the cases.
   *
   * @param folder whose subfolders, at any depth, are cases
   * @param listener receives every outcome immediately
   * @throws InvalidInputException if it contains no case
   */
  public static OnnxCases run(Path folder, Device device, Consumer<OnnxOutcome> listener)
      throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(folder + ": no such folder of ONNX cases");
    }
    List<Path> cases;
    try (Stream<Path> files = Files.walk(folder, 4)) {
      cases =
          files
              .filter(file -> file.getFileName().toString().equals(MODEL))
              .map(Path::getParent)
              .sorted()
              .toList();
    }
    if (cases.isEmpty()) {
      throw new InvalidInputException(
          folder + ": has no ONNX case: none of its subfolders has a " + MODEL);
    }
    List<OnnxOutcome> outcomes = new ArrayList<>();
    for (Path path : cases) {
      OnnxOutcome outcome = new OnnxCase(path).run(folder.relativize(path).toString(), device);
      outcomes.add(outcome);
      listener.accept(outcome);
    }
    return new OnnxCases(outcomes);
  }

  /** The number of cases with this verdict. */
  public int count(Verdict verdict) {
    return (int) outcomes.stream().filter(o -> o.verdict() == verdict).count();
  }

  /** The last line of a run. */
  public String summary() {
    return "%d passed, %d not supported, %d failed"
        .formatted(count(Verdict.PASSED), count(Verdict.NOT_SUPPORTED), count(Verdict.FAILED));
  }

  /** Writes the table of operators and cases as Markdown. */
  public void write(Path file) throws IOException {
    AtomicFile.write(file, markdown());
  }

  private String markdown() {
    Map<String, int[]> counts = new TreeMap<>();
    for (OnnxOutcome outcome : outcomes) {
      for (String operator : outcome.operators()) {
        counts.computeIfAbsent(operator, _ -> new int[3])[outcome.verdict().ordinal()]++;
      }
    }
    OnnxNetwork.operators().forEach(operator -> counts.putIfAbsent(operator, new int[3]));
    List<String> supported = OnnxNetwork.operators();
    StringBuilder text = new StringBuilder("# Operators of ONNX\n\n");
    text.append("Written by `dnft verify --onnx DIR --report FILE.md`; do not edit. ")
        .append(summary())
        .append(".\n\n")
        .append("A case counts for every operator that its model uses. A case is not supported")
        .append(" where its model needs another operator, or a kind of value, that is missing.\n\n")
        .append("| operator | passed | not supported | failed |\n")
        .append("| --- | ---: | ---: | ---: |\n");
    counts.forEach(
        (operator, n) -> {
          if (supported.contains(operator)) {
            text.append("| %s | %d | %d | %d |\n".formatted(operator, n[0], n[1], n[2]));
          }
        });
    text.append("\n%d operators are supported. Not supported:\n\n".formatted(supported.size()))
        .append("| operator | cases |\n| --- | ---: |\n");
    counts.forEach(
        (operator, n) -> {
          if (!supported.contains(operator)) {
            text.append("| %s | %d |\n".formatted(operator, n[0] + n[1] + n[2]));
          }
        });
    return text.toString();
  }
}
