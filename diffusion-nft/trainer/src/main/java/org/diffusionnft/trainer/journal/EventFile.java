package org.diffusionnft.trainer.journal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;
import org.diffusionnft.weights.io.AppendedFile;

/**
 * A TensorBoard event file: records of a length, the length's checksum, a protocol buffer {@code
 * tensorflow.Event} and its checksum. Checksums are CRC-32C, masked as TensorFlow does. The few
 * fields that scalars and pictures need are encoded here, which avoids a dependency on TensorFlow.
 */
public final class EventFile implements AutoCloseable {
  private static final int MASK = 0xa282ead8;

  // Fields of tensorflow.Event.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  // Fields of tensorflow.Summary and of its values.
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;

  // Fields of tensorflow.Summary.Image.
  private static final int HEIGHT = 1;
  private static final int WIDTH = 2;
  private static final int COLORSPACE = 3;
  private static final int ENCODED = 4;
  private static final int RGB = 3;

  private final AppendedFile out;

  private EventFile(AppendedFile out) {
    this.out = out;
  }

  /**
   * Starts a new file in a folder. It invalidates what earlier files have about this step and later
   * ones, so a resumed run discards what came after its saved state.
   *
   * @param step the first one that will be written
   */
  public static EventFile start(Path folder, long step) throws IOException {
    long now = System.currentTimeMillis();
    String name =
        "events.out.tfevents.%010d.%d.dnft".formatted(now / 1000, now % 1000 + step * 1000);
    EventFile events = new EventFile(AppendedFile.open(folder.resolve(name)));
    events.write(new Message().text(FILE_VERSION, "brain.Event:2"));
    if (step > 0) {
      Message start = new Message().number(1, 1); // SessionLog.status = START
      events.write(new Message().number(STEP, step).message(SESSION_LOG, start));
    }
    return events;
  }

  /** Numbers of one step. */
  public void scalars(long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach(
        (tag, value) ->
            summary.message(
                VALUE, new Message().text(TAG, tag).single(SIMPLE_VALUE, value.floatValue())));
    write(new Message().number(STEP, step).message(SUMMARY, summary));
  }

  /**
   * A picture of one step.
   *
   * @param png its bytes
   */
  public void picture(long step, String tag, int width, int height, byte[] png) throws IOException {
    Message image =
        new Message()
            .number(HEIGHT, height)
            .number(WIDTH, width)
            .number(COLORSPACE, RGB)
            .bytes(ENCODED, png);
    Message summary =
        new Message().message(VALUE, new Message().text(TAG, tag).message(IMAGE, image));
    write(new Message().number(STEP, step).message(SUMMARY, summary));
  }

  private void write(Message event) throws IOException {
    event.wide(WALL_TIME, System.currentTimeMillis() / 1000.0);
    out.append(record(event.toBytes()));
  }

  /** A record that holds some bytes. */
  static byte[] record(byte[] data) {
    ByteBuffer record = ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(masked(record.array(), 8));
    record.put(data);
    record.putInt(masked(data, data.length));
    return record.array();
  }

  private static int masked(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** Builds a protocol buffer. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH = 2;
    private static final int FOUR_BYTES = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message number(int field, long value) {
      key(field, VARINT);
      varint(value);
      return this;
    }

    Message single(int field, float value) {
      key(field, FOUR_BYTES);
      return little(4, Float.floatToRawIntBits(value));
    }

    Message wide(int field, double value) {
      key(field, EIGHT_BYTES);
      return little(8, Double.doubleToRawLongBits(value));
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.toBytes());
    }

    Message bytes(int field, byte[] value) {
      key(field, LENGTH);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }

    private void key(int field, int type) {
      varint(((long) field << 3) | type);
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        bytes.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }

    private Message little(int count, long bits) {
      for (int i = 0; i < count; i++) {
        bytes.write((int) (bits >>> (8 * i)));
      }
      return this;
    }
  }
}
