package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.jspecify.annotations.Nullable;

/**
 * A golden case on disk: {@code config.json}, {@code inputs.safetensors}, {@code
 * expected.safetensors} (a float32 run of the reference code), and, if the reference was also run
 * in float64, {@code expected_f64.safetensors} and {@code tolerance.json}.
 */
final class CaseFolder implements AutoCloseable {
  /**
   * Tolerance of tensors not listed in {@code tolerance.json}: the lower bound of that file's own
   * rule.
   */
  private static final double FLOAT_ULPS = 8;

  private final Path path;
  private final CaseConfig config;
  private final TensorSource inputs;
  private final TensorSource expected;
  private final @Nullable SafetensorsFile doublePrecision;
  private final Map<String, Double> tolerances;
  private final ReferenceDevice host = new ReferenceDevice();

  private CaseFolder(
      Path path,
      CaseConfig config,
      TensorSource inputs,
      TensorSource expected,
      @Nullable SafetensorsFile doublePrecision,
      Map<String, Double> tolerances) {
    this.path = path;
    this.config = config;
    this.inputs = inputs;
    this.expected = expected;
    this.doublePrecision = doublePrecision;
    this.tolerances = tolerances;
  }

  /**
   * Opens a case.
   *
   * @throws InvalidFileException if the folder or one of its files is missing or unreadable
   */
  static CaseFolder open(Path path) throws InvalidFileException {
    if (!Files.isDirectory(path)) {
      throw new InvalidFileException(path, "no such case folder");
    }
    Path configFile = path.resolve("config.json");
    ObjectNode config = StrictJson.readObject(configFile);
    Map<String, Double> tolerances = tolerances(path.resolve("tolerance.json"));
    try (Opening opening = new Opening()) {
      TensorSource inputs = opening.add(openIfThere(path.resolve("inputs.safetensors")));
      TensorSource expected = opening.add(openIfThere(path.resolve("expected.safetensors")));
      Path preciseFile = path.resolve("expected_f64.safetensors");
      SafetensorsFile precise =
          Files.exists(preciseFile) ? opening.add(SafetensorsFile.open(preciseFile)) : null;
      return opening.done(
          new CaseFolder(
              path, new CaseConfig(configFile, "", config), inputs, expected, precise, tolerances));
    }
  }

  /**
   * Opens a file if it exists: some kinds keep inputs or expected outputs in files of their own.
   */
  private static TensorSource openIfThere(Path file) throws InvalidFileException {
    return Files.exists(file) ? SafetensorsFile.open(file) : new NoTensors(file);
  }

  private static Map<String, Double> tolerances(Path file) throws InvalidFileException {
    Map<String, Double> tolerances = new HashMap<>();
    if (Files.exists(file)) {
      for (Map.Entry<String, JsonNode> e :
          StrictJson.readObject(file).path("tensors").properties()) {
        JsonNode atol = e.getValue().path("atol");
        if (!atol.isNumber() || !(atol.asDouble() >= 0)) {
          throw new InvalidFileException(file, "has no number 'atol' for '" + e.getKey() + "'");
        }
        tolerances.put(e.getKey(), atol.asDouble());
      }
    }
    return tolerances;
  }

  Path path() {
    return path;
  }

  CaseConfig config() {
    return config;
  }

  TensorSource inputs() {
    return inputs;
  }

  TensorSource expected() {
    return expected;
  }

  boolean hasInput(String name) {
    return inputs.names().contains(name);
  }

  boolean expects(String name) {
    return expected.names().contains(name);
  }

  boolean hasDoublePrecision(String name) throws InvalidFileException {
    return doublePrecision != null
        && doublePrecision.names().contains(name)
        && doublePrecision.shape(name).equals(expected.shape(name));
  }

  SafetensorsFile doublePrecision() {
    if (doublePrecision == null) {
      throw new IllegalStateException("ask hasDoublePrecision first");
    }
    return doublePrecision;
  }

  /** An input, directly from the mapped file. */
  Tensor input(String name, Device device) throws InvalidFileException {
    return inputs.tensor(name, device);
  }

  /** The bytes of an input in the mapped file. */
  MemorySegment inputBytes(String name) throws InvalidFileException {
    return inputs.tensor(name, host).segment();
  }

  /** The numbers of a tensor of any dtype. */
  double[] doubles(TensorSource source, String name) throws InvalidFileException {
    return source.tensor(name, host).toDoubles();
  }

  float[] floats(TensorSource source, String name) throws InvalidFileException {
    return source.tensor(name, host).toFloats();
  }

  long[] longs(TensorSource source, String name) throws InvalidFileException {
    return source.tensor(name, host).toLongs();
  }

  /**
   * The tolerance of {@code tolerance.json}, or by default 8 units in the last place of the largest
   * number.
   */
  Margin margin(String name) throws InvalidFileException {
    Double tolerance = tolerances.get(name);
    if (tolerance != null) {
      return new Margin.Absolute(tolerance);
    }
    if (!expected.dtype(name).isFloating()) {
      return Margin.exact();
    }
    double scale = 0;
    for (double x : doubles(expected, name)) {
      scale = Double.isFinite(x) ? Math.max(scale, Math.abs(x)) : scale;
    }
    return new Margin.Absolute(FLOAT_ULPS * Math.scalb(scale, -23));
  }

  @Override
  public void close() {
    inputs.close();
    expected.close();
    close(doublePrecision);
    host.close();
  }

  private static void close(@Nullable TensorSource file) {
    if (file != null) {
      file.close();
    }
  }
}
