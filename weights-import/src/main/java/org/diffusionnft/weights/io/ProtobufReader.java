package org.diffusionnft.weights.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Reads a message in the <a href="https://protobuf.dev/programming-guides/encoding/">protocol
 * buffer wire format</a>, field by field. Every length is checked against the remaining bytes
 * before it is used.
 */
public final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final Path file;
  private final ByteBuffer in;
  private int field;
  private int wireType;
  private ByteBuffer value;

  /**
   * Reads a whole message.
   *
   * @param file named in error messages
   * @param in read from its position to its limit; mapped files are read in place
   */
  public ProtobufReader(Path file, ByteBuffer in) {
    this.file = file;
    this.in = in.slice();
    this.value = in;
  }

  /** Advances to the next field; false at the end. */
  public boolean next() throws InvalidFileException {
    if (!in.hasRemaining()) {
      return false;
    }
    int at = in.position();
    long tag = readVarint(in);
    wireType = (int) (tag & 7);
    long number = tag >>> 3;
    if (number < 1 || number > 0x1FFFFFFF) {
      throw damaged("has field number " + number, at);
    }
    field = (int) number;
    long length =
        switch (wireType) {
          case VARINT -> varintLength();
          case FIXED64 -> Long.BYTES;
          case FIXED32 -> Integer.BYTES;
          case LENGTH_DELIMITED -> readVarint(in);
          default -> throw damaged("has a field of unknown type " + wireType, at);
        };
    if (length < 0 || length > in.remaining()) {
      throw damaged(
          "claims a field of "
              + Long.toUnsignedString(length)
              + " bytes where "
              + in.remaining()
              + " are left",
          at);
    }
    value = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return true;
  }

  /** The number of the field. */
  public int field() {
    return field;
  }

  /** The value of a varint field. */
  public long varint() throws InvalidFileException {
    require(VARINT);
    return readVarint(value.duplicate());
  }

  /** The value of a four-byte field. */
  public int fixed32() throws InvalidFileException {
    require(FIXED32);
    return value.order(ByteOrder.LITTLE_ENDIAN).getInt(0);
  }

  /** The value of a bytes field, without copying. */
  public ByteBuffer slice() throws InvalidFileException {
    require(LENGTH_DELIMITED);
    return value.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The value of a text field. */
  public String text() throws InvalidFileException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** Every number of a repeated varint field, packed or not. */
  public void varints(LongConsumer each) throws InvalidFileException {
    if (wireType == VARINT) {
      each.accept(varint());
      return;
    }
    require(LENGTH_DELIMITED);
    for (ByteBuffer packed = value.duplicate(); packed.hasRemaining(); ) {
      each.accept(readVarint(packed));
    }
  }

  /** The bits of every four-byte number of a repeated field, packed or not. */
  public void fixed32s(LongConsumer each) throws InvalidFileException {
    if (wireType == FIXED32) {
      each.accept(fixed32());
      return;
    }
    for (ByteBuffer packed = packed(Integer.BYTES); packed.hasRemaining(); ) {
      each.accept(packed.getInt());
    }
  }

  /** The bits of every eight-byte number of a repeated field, packed or not. */
  public void fixed64s(LongConsumer each) throws InvalidFileException {
    if (wireType == FIXED64) {
      each.accept(value.order(ByteOrder.LITTLE_ENDIAN).getLong(0));
      return;
    }
    for (ByteBuffer packed = packed(Long.BYTES); packed.hasRemaining(); ) {
      each.accept(packed.getLong());
    }
  }

  private ByteBuffer packed(int bytes) throws InvalidFileException {
    ByteBuffer packed = slice();
    if (packed.remaining() % bytes != 0) {
      throw damaged(
          "has %d bytes in field %d, where numbers of %d bytes are expected"
              .formatted(packed.remaining(), field, bytes),
          0);
    }
    return packed;
  }

  /** The value of a text or bytes field, copied. */
  public byte[] bytes() throws InvalidFileException {
    require(LENGTH_DELIMITED);
    byte[] bytes = new byte[value.remaining()];
    value.get(0, bytes);
    return bytes;
  }

  /** The value of an embedded message field. */
  public ProtobufReader message() throws InvalidFileException {
    require(LENGTH_DELIMITED);
    return new ProtobufReader(file, value.slice());
  }

  private void require(int type) throws InvalidFileException {
    if (wireType != type) {
      throw damaged("has field " + field + " as type " + wireType + " instead of " + type, 0);
    }
  }

  private int varintLength() throws InvalidFileException {
    ByteBuffer ahead = in.duplicate();
    readVarint(ahead);
    return ahead.position() - in.position();
  }

  private long readVarint(ByteBuffer from) throws InvalidFileException {
    long result = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (!from.hasRemaining()) {
        throw damaged("ends within a number", from.position());
      }
      byte b = from.get();
      result |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return result;
      }
    }
    throw damaged("has a number of more than ten bytes", from.position());
  }

  private InvalidFileException damaged(String what, int at) {
    return new InvalidFileException(
        file, "is damaged or no protocol buffer: it " + what + " (near byte " + at + ")");
  }
}
