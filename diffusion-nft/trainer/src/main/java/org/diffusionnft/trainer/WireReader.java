package org.diffusionnft.trainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.weights.io.StrictJson;

/** Reads what a {@link WireWriter} wrote. */
final class WireReader {
  private static final Path NAME = Path.of("prompt");

  private final ByteBuffer bytes;

  WireReader(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  long number() {
    return bytes.getLong();
  }

  int count() {
    return Math.toIntExact(number());
  }

  double decimal() {
    return Double.longBitsToDouble(number());
  }

  String text() {
    byte[] utf8 = new byte[size(1)];
    bytes.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  float[] floats() {
    float[] values = new float[size(Float.BYTES)];
    bytes.asFloatBuffer().get(values);
    bytes.position(bytes.position() + values.length * Float.BYTES);
    return values;
  }

  double[] doubles() {
    double[] values = new double[size(Double.BYTES)];
    bytes.asDoubleBuffer().get(values);
    bytes.position(bytes.position() + values.length * Double.BYTES);
    return values;
  }

  List<Prompt> prompts() {
    int count = size(2 * Long.BYTES);
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = text();
      Map<String, Object> metadata = new LinkedHashMap<>();
      try {
        StrictJson.parseObject(NAME, "metadata", text())
            .properties()
            .forEach(e -> metadata.put(e.getKey(), StrictJson.plain(e.getValue())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      prompts.add(new Prompt(text, metadata));
    }
    return prompts;
  }

  /** The number of elements that follow, each of at least {@code each} bytes. */
  private int size(int each) {
    int count = count();
    if (count < 0 || (long) count * each > bytes.remaining()) {
      throw new IllegalStateException("a message was cut off: " + count + " entries do not fit");
    }
    return count;
  }
}
