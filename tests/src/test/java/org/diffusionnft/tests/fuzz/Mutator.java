package org.diffusionnft.tests.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages bytes in the ways in which files lie: wrong numbers, more of a piece, less, another. */
final class Mutator {
  private static final int LARGEST = 1 << 16;

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    32767,
    65535,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 62
  };

  private static final List<String> WORDS =
      List.of(
          "null",
          "true",
          "false",
          "NaN",
          "Infinity",
          "-Infinity",
          "1e999",
          "-1e-999",
          "1e308",
          "0.0000001",
          "99999999999999999999999999999999",
          "[]",
          "{}",
          "[[[[",
          "\"\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\u00e9",
          "\ud83d\ude00",
          "\u0301",
          "\u202e",
          "\u001b[31m",
          "\n",
          "\r\n",
          "\t",
          "../../etc/passwd",
          "(.*a){20}b",
          "((a+)+)+$",
          "<html>",
          "PK\u0003\u0004");

  private final SplittableRandom random;
  private final List<String> words;

  Mutator(SplittableRandom random, List<String> words) {
    this.random = random;
    this.words = words;
  }

  /** The bytes with one to eight of them, or pieces of them, changed. */
  byte[] damage(byte[] good) {
    byte[] bytes = good;
    for (int i = random.nextBoolean() ? 1 : 1 << random.nextInt(4); i > 0; i--) {
      bytes = once(bytes);
      if (bytes.length > LARGEST) {
        bytes = Arrays.copyOf(bytes, LARGEST);
      }
    }
    return bytes;
  }

  private byte[] once(byte[] bytes) {
    if (bytes.length == 0) {
      return word().getBytes(StandardCharsets.UTF_8);
    }
    int at = random.nextInt(bytes.length);
    int length = Math.min(1 + random.nextInt(1 << random.nextInt(1, 8)), bytes.length - at);
    return switch (random.nextInt(12)) {
      case 0 -> with(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(Byte.SIZE)));
      case 1 -> with(bytes, at, (byte) random.nextInt());
      case 2 -> replaced(bytes, at, length, new byte[0]);
      case 3 -> replaced(bytes, at, 0, repeated(bytes, at, length));
      case 4 -> replaced(bytes, at, 0, random(length));
      case 5 -> replaced(bytes, at, 0, utf8(word()));
      case 6 -> replaced(bytes, at, length, utf8(word()));
      case 7 -> Arrays.copyOf(bytes, at);
      case 8 -> binary(bytes, at);
      case 9, 10 -> digits(bytes, at);
      default -> piece(bytes, at, length);
    };
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    byte[] out = bytes.clone();
    out[at] = value;
    return out;
  }

  private static byte[] replaced(byte[] bytes, int at, int length, byte[] piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length - length + piece.length);
    out.write(bytes, 0, at);
    out.writeBytes(piece);
    out.write(bytes, at + length, bytes.length - at - length);
    return out.toByteArray();
  }

  private byte[] repeated(byte[] bytes, int at, int length) {
    byte[] piece = Arrays.copyOfRange(bytes, at, at + length);
    int times = 1 << random.nextInt(8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(length * times);
    for (int i = 0; i < times; i++) {
      out.writeBytes(piece);
    }
    return out.toByteArray();
  }

  private byte[] random(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private String word() {
    List<String> from = words.isEmpty() || random.nextInt(3) == 0 ? WORDS : words;
    return from.get(random.nextInt(from.size()));
  }

  private long number() {
    return random.nextBoolean()
        ? random.nextInt(20)
        : NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(3) - 1;
  }

  /** A number of one, two, four or eight bytes. */
  private byte[] binary(byte[] bytes, int at) {
    ByteOrder order = random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    byte[] number = ByteBuffer.allocate(Long.BYTES).order(order).putLong(number()).array();
    int length = Math.min(1 << random.nextInt(4), bytes.length - at);
    int from = order == ByteOrder.LITTLE_ENDIAN ? 0 : Long.BYTES - length;
    return replaced(bytes, at, length, Arrays.copyOfRange(number, from, from + length));
  }

  /** A number that stands as text, the next one after a place. */
  private byte[] digits(byte[] bytes, int at) {
    int start = at;
    while (start < bytes.length && !isDigit(bytes[start])) {
      start++;
    }
    int end = start;
    while (end < bytes.length && isDigit(bytes[end])) {
      end++;
    }
    return replaced(bytes, start, end - start, utf8(Long.toString(number())));
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** A piece over another place, or two pieces with their places exchanged. */
  private byte[] piece(byte[] bytes, int at, int length) {
    int to = random.nextInt(bytes.length);
    byte[] out = bytes.clone();
    int n = Math.min(length, bytes.length - to);
    System.arraycopy(bytes, at, out, to, n);
    if (random.nextBoolean()) {
      System.arraycopy(bytes, to, out, at, n);
    }
    return out;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
