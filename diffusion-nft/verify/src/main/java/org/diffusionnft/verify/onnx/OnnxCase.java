package org.diffusionnft.verify.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.TextFile;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxFile;
import org.diffusionnft.weights.onnx.OnnxGraph;
import org.diffusionnft.weights.onnx.OnnxGraph.Port;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.diffusionnft.weights.onnx.UnsupportedOnnxException;

/**
 * A model with inputs and expected outputs, in the layout of the {@code onnx} Python package's test
 * data: {@code model.onnx}, {@code test_data_set_0/input_0.pb}, ..., {@code output_0.pb}, ..., and
 * optionally {@code tolerance.txt} with lines {@code rtol X} and {@code atol X}.
 */
final class OnnxCase {
  private static final double RELATIVE = 1e-3;
  private static final double ABSOLUTE = 1e-7;

  private final Path folder;

  OnnxCase(Path folder) {
    this.folder = folder;
  }

  /** Runs the case; whatever its files hold, this returns an outcome and throws no exception. */
  OnnxOutcome run(String name, Device device) {
    TreeSet<String> operators = new TreeSet<>();
    try {
      OnnxModel model = OnnxFile.read(folder.resolve("model.onnx"));
      collect(model.graph(), operators);
      Tolerance tolerance = tolerance();
      try (OnnxNetwork network = OnnxNetwork.of(model, device)) {
        for (int set = 0; set == 0 || Files.isDirectory(dataSet(set)); set++) {
          String problem = compare(network, dataSet(set), tolerance);
          if (!problem.isEmpty()) {
            return new OnnxOutcome(name, OnnxOutcome.Verdict.FAILED, problem, operators);
          }
        }
      }
      return new OnnxOutcome(name, OnnxOutcome.Verdict.PASSED, "", operators);
    } catch (UnsupportedOnnxException e) {
      return new OnnxOutcome(name, OnnxOutcome.Verdict.NOT_SUPPORTED, sentence(e), operators);
    } catch (InvalidInputException | IOException e) {
      return new OnnxOutcome(name, OnnxOutcome.Verdict.FAILED, sentence(e), operators);
    } catch (OutOfMemoryError e) {
      return new OnnxOutcome(
          name,
          OnnxOutcome.Verdict.FAILED,
          "needs more memory than there is (%s): give more with -Xmx".formatted(e.getMessage()),
          operators);
    } catch (RuntimeException | StackOverflowError e) {
      return new OnnxOutcome(
          name, OnnxOutcome.Verdict.FAILED, "crashed: " + e + " at " + place(e), operators);
    }
  }

  private static String place(Throwable e) {
    StackTraceElement[] trace = e.getStackTrace();
    return trace.length == 0 ? "an unknown place" : trace[0].toString();
  }

  /** The message without the folder, which is already named. */
  private String sentence(Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.replace(folder.resolve("model.onnx") + ": ", "");
  }

  private Path dataSet(int number) {
    return folder.resolve("test_data_set_" + number);
  }

  private static void collect(OnnxGraph graph, Set<String> to) {
    for (OnnxNode node : graph.nodes()) {
      to.add(node.qualified());
      for (OnnxAttribute attribute : node.attributes().values()) {
        if (attribute instanceof OnnxAttribute.OfGraph(OnnxGraph body)) {
          collect(body, to);
        }
      }
    }
  }

  private Tolerance tolerance() throws InvalidFileException {
    Path file = folder.resolve("tolerance.txt");
    double relative = RELATIVE;
    double absolute = ABSOLUTE;
    if (Files.exists(file)) {
      for (String line : TextFile.read(file).lines().toList()) {
        String[] words = line.strip().split("\\s+");
        double value = words.length == 2 ? number(words[1]) : Double.NaN;
        if (line.isBlank()) {
          continue;
        }
        if (value >= 0 && words[0].equals("rtol")) {
          relative = value;
        } else if (value >= 0 && words[0].equals("atol")) {
          absolute = value;
        } else {
          throw new InvalidFileException(
              file,
              "has the line %s, where 'rtol X' or 'atol X' is expected"
                  .formatted(InvalidFileException.quote(line)));
        }
      }
    }
    return new Tolerance(relative, absolute);
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  private static String compare(OnnxNetwork network, Path data, Tolerance tolerance)
      throws InvalidFileException {
    Map<String, Value> inputs = new LinkedHashMap<>();
    List<Port> ports = network.inputs();
    for (int i = 0; i < ports.size(); i++) {
      inputs.put(ports.get(i).name(), read(data.resolve("input_" + i + ".pb"), ports.get(i)));
    }
    Map<String, Value> outputs = network.run(inputs);
    int i = 0;
    for (Port port : network.outputs()) {
      Value expected = read(data.resolve("output_" + i + ".pb"), port);
      Value actual = outputs.get(port.name());
      String problem = actual == null ? "was not made" : tolerance.difference(actual, expected);
      if (!problem.isEmpty()) {
        return "output %s %s".formatted(InvalidFileException.quote(port.name()), problem);
      }
      i++;
    }
    return "";
  }

  private static Value read(Path file, Port port) throws InvalidFileException {
    return port.type() == null
        ? NdArray.of(OnnxFile.readTensor(file))
        : Value.of(OnnxFile.readValue(file, port.type()));
  }
}
