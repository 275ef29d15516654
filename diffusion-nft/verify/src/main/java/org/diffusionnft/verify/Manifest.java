package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.DeclaredTensors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Names and shapes of a checkpoint's tensors, without their contents.
 *
 * @param path the file that lists them
 * @param json the whole content of the file
 * @param shapes by name
 */
record Manifest(Path path, ObjectNode json, Map<String, Shape> shapes) implements DeclaredTensors {

  static Manifest read(Path path) throws InvalidFileException {
    ObjectNode json = StrictJson.readObject(path);
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : json.path("keys").properties()) {
      List<Long> dims = new ArrayList<>();
      for (JsonNode dim : e.getValue()) {
        if (!dim.isIntegralNumber() || !dim.canConvertToLong()) {
          throw new InvalidFileException(path, "has no shape for '" + e.getKey() + "'");
        }
        dims.add(dim.asLong());
      }
      shapes.put(e.getKey(), Shape.of(dims.stream().mapToLong(Long::longValue).toArray()));
    }
    return new Manifest(path, json, shapes);
  }

  /** The configuration that the manifest was created with. */
  ObjectNode config() throws InvalidFileException {
    if (json.path("config") instanceof ObjectNode config) {
      return config;
    }
    throw new InvalidFileException(path, "needs an object under 'config'");
  }

  /** The same with a prefix before every name. */
  Manifest prefixed(String prefix) {
    Map<String, Shape> renamed = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> renamed.put(prefix + name, shape));
    return new Manifest(path, json, renamed);
  }

  /** The union of both. */
  Manifest with(Manifest other) {
    Map<String, Shape> all = new LinkedHashMap<>(shapes);
    all.putAll(other.shapes);
    return new Manifest(path, json, all);
  }

  /**
   * The difference between a source's names and shapes and the expected ones; empty if there is
   * none.
   */
  static String difference(TensorSource found, Map<String, Shape> expected)
      throws InvalidFileException {
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, Shape> e : expected.entrySet()) {
      if (!found.names().contains(e.getKey())) {
        faults.add(e.getKey() + " is missing");
      } else if (!found.shape(e.getKey()).equals(e.getValue())) {
        faults.add(e.getKey() + " is " + found.shape(e.getKey()) + ", not " + e.getValue());
      }
    }
    for (String name : found.names()) {
      if (!expected.containsKey(name)) {
        faults.add(name + " is unknown");
      }
    }
    String more = faults.size() > 3 ? " and " + (faults.size() - 3) + " more" : "";
    return String.join("; ", faults.subList(0, Math.min(3, faults.size()))) + more;
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    throw new InvalidFileException(path, "lists tensors, but does not contain them");
  }
}
