package org.diffusionnft.pipeline.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.HalfPrecision;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.DeclaredTensors;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * BF16 tensors of random values that keep activations finite: matrices are uniform with a
 * variance-preserving scale, norms 1, biases 0, and the positional embedding is the real one. A
 * value depends only on the seed, the tensor's name and its index.
 */
final class SyntheticTensors implements DeclaredTensors {
  private static final int CHUNK = 1 << 20;
  private static final String CLASSES = "class_predictor.weight";
  private static final double LOUD = 8;

  private final String part;
  private final Map<String, Shape> shapes;
  private final @Nullable MmditConfig transformer;
  private final long seed;

  /**
   * @param part the model's component, for messages and the random stream
   * @param transformer whose positional embedding may be among the tensors
   */
  SyntheticTensors(
      String part, Map<String, Shape> shapes, @Nullable MmditConfig transformer, long seed) {
    this.part = part;
    this.shapes = shapes;
    this.transformer = transformer;
    this.seed = seed;
  }

  @Override
  public Path path() {
    return Path.of("synthetic " + part);
  }

  @Override
  public Map<String, Shape> shapes() {
    return shapes;
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Tensor tensor = device.allocate(DType.BF16, shape(name));
    MemorySegment values = tensor.segment();
    if (transformer != null && name.equals(MmditLayout.POSITION_EMBEDDING)) {
      positions(values, transformer);
    } else if (tensor.shape().rank() == 1) {
      fill(values, name.endsWith(".weight") ? 1 : 0);
    } else {
      random(values, name, tensor.shape());
    }
    return tensor;
  }

  private static void fill(MemorySegment values, float value) {
    short bits = HalfPrecision.floatToBf16(value);
    for (long i = 0; i < values.byteSize() / Short.BYTES; i++) {
      values.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, bits);
    }
  }

  private void random(MemorySegment values, String name, Shape shape) {
    double bound = bound(name, shape);
    Philox philox = new Philox(seed, stream(part + " " + name));
    long n = shape.elements();
    for (long at = 0; at < n; at += CHUNK) {
      float[] chunk = philox.uniforms(at, (int) Math.min(CHUNK, n - at));
      for (int i = 0; i < chunk.length; i++) {
        float value = (float) ((2 * chunk[i] - 1) * bound);
        values.setAtIndex(
            ValueLayout.JAVA_SHORT_UNALIGNED, at + i, HalfPrecision.floatToBf16(value));
      }
    }
  }

  /**
   * The bound of a uniform distribution with standard deviation 1/sqrt(inputs); smaller for tables
   * and T5.
   */
  private static double bound(String name, Shape shape) {
    double inputs = (double) shape.elements() / shape.dim(0);
    if (name.contains("embedding") || name.contains("shared") || name.contains("attention_bias")) {
      return 0.05;
    }
    if (name.equals(CLASSES)) {
      return LOUD * Math.sqrt(3 / inputs); // so that a detector has confident predictions
    }
    // T5 does not scale its scores, so its queries must be small.
    double smaller = name.endsWith("SelfAttention.q.weight") ? 8 : 1;
    return Math.sqrt(3 / inputs) / smaller;
  }

  private static void positions(MemorySegment values, MmditConfig transformer) {
    int side = transformer.posEmbedMaxSize();
    int width = transformer.width();
    int half = width / 2;
    short[][] columns = new short[side][half];
    short[][] lines = new short[side][half];
    for (int i = 0; i < side; i++) {
      float[] row = MmditLayout.positionEmbeddingRow(transformer, (long) i * side + i);
      for (int k = 0; k < half; k++) {
        columns[i][k] = HalfPrecision.floatToBf16(row[k]);
        lines[i][k] = HalfPrecision.floatToBf16(row[half + k]);
      }
    }
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        long at = ((long) y * side + x) * width * Short.BYTES;
        MemorySegment.copy(columns[x], 0, values, ValueLayout.JAVA_SHORT_UNALIGNED, at, half);
        MemorySegment.copy(
            lines[y], 0, values, ValueLayout.JAVA_SHORT_UNALIGNED, at + half * 2L, half);
      }
    }
  }

  /** FNV-1a, which gives every name its own stream. */
  private static long stream(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}
