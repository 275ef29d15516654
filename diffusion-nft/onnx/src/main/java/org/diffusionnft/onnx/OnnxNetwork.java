package org.diffusionnft.onnx;

import static org.diffusionnft.weights.io.InvalidFileException.escaped;
import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.diffusionnft.onnx.operator.Operators;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.OnnxFile;
import org.diffusionnft.weights.onnx.OnnxGraph.Port;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.OnnxType;
import org.diffusionnft.weights.onnx.OnnxType.Dim;
import org.diffusionnft.weights.onnx.UnsupportedOnnxException;

/**
 * A network in the ONNX format on one of our devices. Loading checks the whole graph and computes
 * what does not depend on the input; running computes the rest, node by node. For one thread at a
 * time.
 */
public final class OnnxNetwork implements AutoCloseable {
  private final OnnxModel model;
  private final Device device;
  private final Plan plan;

  private OnnxNetwork(OnnxModel model, Device device, Plan plan) {
    this.model = model;
    this.device = device;
    this.plan = plan;
  }

  /**
   * Loads a network.
   *
   * @throws InvalidFileException if the file is missing, damaged or not an ONNX model
   * @throws InvalidInputException if its graph is invalid or uses unsupported features; every
   *     missing operator is named with a node that uses it
   */
  public static OnnxNetwork load(Path file, Device device) throws InvalidFileException {
    return of(OnnxFile.read(file), device);
  }

  /** See {@link #load}. */
  public static OnnxNetwork of(OnnxModel model, Device device) {
    try (Memory.Scope _ = device.memory().scope()) {
      return new OnnxNetwork(model, device, Plan.of(model, device));
    } catch (UnsupportedOnnxException e) {
      throw new UnsupportedOnnxException(model.file() + ": " + e.getMessage());
    } catch (InvalidInputException e) {
      throw new InvalidInputException(model.file() + ": " + e.getMessage(), e);
    }
  }

  /** The names of all supported operators. */
  public static List<String> operators() {
    return Operators.names();
  }

  /** The required inputs, in file order: those without a default value. */
  public List<Port> inputs() {
    return model.graph().inputs().stream()
        .filter(port -> !model.graph().initializers().containsKey(port.name()))
        .toList();
  }

  /** The outputs, in file order. */
  public List<Port> outputs() {
    return model.graph().outputs();
  }

  /**
   * Runs the network.
   *
   * @param inputs by name
   * @return the outputs by name, in file order
   * @throws InvalidInputException if an input is missing or does not match the network's
   *     declaration, or if a node cannot process it
   */
  public Map<String, Value> run(Map<String, ? extends Value> inputs) {
    try (Memory.Scope _ = device.memory().scope()) {
      check(inputs);
      Map<String, Value> own = new LinkedHashMap<>();
      inputs.forEach((name, value) -> own.put(name, settled(value)));
      Map<String, Value> outputs = new LinkedHashMap<>();
      plan.run(own).forEach((name, value) -> outputs.put(name, settled(value)));
      return outputs;
    } catch (UnsupportedOnnxException e) {
      throw new UnsupportedOnnxException(model.file() + ": " + e.getMessage());
    } catch (InvalidInputException e) {
      throw new InvalidInputException(model.file() + ": " + e.getMessage(), e);
    }
  }

  /**
   * For a message about an invalid result: names a tensor of the file that holds a NaN, the
   * possible cause; empty if none does.
   */
  public String notANumber() {
    for (OnnxTensor tensor : model.graph().initializers().values()) {
      if (tensor.type().isFloating() && holdsNaN(NdArray.of(tensor))) {
        return "; its tensor %s holds NaN: export the network again"
            .formatted(quote(tensor.name()));
      }
    }
    return "";
  }

  private static boolean holdsNaN(NdArray array) {
    return Arrays.stream(array.toDoubles()).anyMatch(Double::isNaN);
  }

  /** Inputs and outputs outlive the scope of the run, in which their tensors are created. */
  private static Value settled(Value value) {
    return switch (value) {
      case NdArray array -> array.detached();
      case Value.Sequence(List<Value> items) ->
          new Value.Sequence(items.stream().map(OnnxNetwork::settled).toList());
      case Value.Perhaps(var item) -> new Value.Perhaps(item == null ? null : settled(item));
    };
  }

  /** Frees the device memory of its weights. */
  @Override
  public void close() {
    plan.release();
  }

  private void check(Map<String, ? extends Value> given) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (Port port : inputs()) {
      Value value = given.get(port.name());
      if (value == null) {
        throw new InvalidInputException(
            "needs the input %s; its inputs are %s"
                .formatted(
                    quote(port.name()),
                    inputs().stream().map(p -> quote(p.name())).collect(Collectors.joining(", "))));
      }
      if (port.type() instanceof OnnxType.OfTensor type) {
        check(port.name(), value, type, sizes);
      }
    }
  }

  private static void check(
      String name, Value value, OnnxType.OfTensor type, Map<String, Long> sizes) {
    if (!(value instanceof NdArray array) || array.type() != type.element()) {
      throw new InvalidInputException(
          "input %s is declared as a tensor of %s, not %s"
              .formatted(quote(name), type.element(), value));
    }
    List<Dim> dims = type.dims();
    if (dims == null) {
      return;
    }
    boolean fits = dims.size() == array.rank();
    for (int i = 0; fits && i < dims.size(); i++) {
      Dim dim = dims.get(i);
      fits = dim.size() < 0 || dim.size() == array.dim(i);
      if (dim.size() < 0 && !dim.name().isEmpty()) {
        Long known = sizes.putIfAbsent(dim.name(), (long) array.dim(i));
        fits &= known == null || known == array.dim(i);
      }
    }
    if (!fits) {
      throw new InvalidInputException(
          "input %s is declared with the shape [%s], and %s does not fit"
              .formatted(
                  quote(name),
                  dims.stream()
                      .map(
                          d ->
                              d.size() >= 0
                                  ? "" + d.size()
                                  : d.name().isEmpty() ? "?" : escaped(d.name()))
                      .collect(Collectors.joining(", ")),
                  array.shape()));
    }
  }
}
