package org.diffusionnft.trainer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.weights.io.StrictJson;

/** Writes the messages between a run and its worker processes. */
final class WireWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  WireWriter number(long value) {
    return put(buffer(Long.BYTES).putLong(value));
  }

  WireWriter number(double value) {
    return number(Double.doubleToRawLongBits(value));
  }

  WireWriter text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return number(utf8.length).put(ByteBuffer.wrap(utf8).position(utf8.length));
  }

  WireWriter floats(float[] values) {
    ByteBuffer buffer = buffer(Math.multiplyExact(values.length, Float.BYTES));
    buffer.asFloatBuffer().put(values);
    return number(values.length).put(buffer.position(buffer.capacity()));
  }

  WireWriter doubles(double[] values) {
    ByteBuffer buffer = buffer(Math.multiplyExact(values.length, Double.BYTES));
    buffer.asDoubleBuffer().put(values);
    return number(values.length).put(buffer.position(buffer.capacity()));
  }

  /** With their metadata, as JSON. */
  WireWriter prompts(List<Prompt> prompts) {
    number(prompts.size());
    for (Prompt prompt : prompts) {
      var json = StrictJson.object();
      for (Map.Entry<String, Object> entry : prompt.metadata().entrySet()) {
        json.putPOJO(entry.getKey(), entry.getValue());
      }
      text(prompt.text()).text(json.toString());
    }
    return this;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private WireWriter put(ByteBuffer filled) {
    bytes.write(filled.array(), filled.arrayOffset(), filled.position());
    return this;
  }
}
