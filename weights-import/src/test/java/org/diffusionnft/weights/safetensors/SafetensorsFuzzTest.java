package org.diffusionnft.weights.safetensors;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A valid file, damaged thousands of times: it opens and every tensor lies inside the file, or the
 * answer is an {@link InvalidFileException}. Nothing else, and no memory that the file doesn't
 * have.
 */
@Tag("slow")
class SafetensorsFuzzTest {
  private static final int ROUNDS = 3000;
  private static final String[] SPLICES = {
    "9223372036854775807",
    "-1",
    "1e300",
    "[",
    "]",
    "{",
    "}",
    "\"",
    ",",
    ":",
    "\\u0000",
    "null",
    "99999999999999999999999999999999999999999999",
    "\"F64\"",
    "\"shape\"",
    "0",
    "\u00e9",
    "\ud83d"
  };

  @TempDir Path folder;

  @Test
  void damagedFilesNeverSurprise() throws IOException {
    String header =
        """
        {"__metadata__":{"format":"pt"},\
        "a.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},\
        "b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},\
        "c":{"dtype":"U8","shape":[2,0],"data_offsets":[26,26]},\
        "d":{"dtype":"I16","shape":[5],"data_offsets":[26,36]}}\
        """;
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] valid =
        ByteBuffer.allocate(8 + json.length + 36)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .array();
    SplittableRandom random = new SplittableRandom(7);
    int opened = 0;
    int refused = 0;
    Path file = folder.resolve("fuzz.safetensors");
    for (int i = 0; i < ROUNDS; i++) {
      byte[] damaged = damage(valid, json.length, random);
      Files.write(file, damaged);
      try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
        for (String name : tensors.names()) {
          TensorEntry entry = tensors.entry(name);
          assertTrue(entry.end() <= damaged.length, name);
          assertTrue(tensors.bytes(name).byteSize() == entry.end() - entry.begin(), name);
        }
        opened++;
      } catch (InvalidFileException e) {
        refused++;
      }
    }
    assertTrue(opened > ROUNDS / 50 && refused > ROUNDS / 2, opened + " opened, " + refused);
  }

  private static byte[] damage(byte[] valid, int headerLength, SplittableRandom random) {
    byte[] out = valid.clone();
    switch (random.nextInt(5)) {
      case 0 -> out[random.nextInt(out.length)] = (byte) random.nextInt(256);
      case 1 -> out[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        for (int i = 0; i < 4; i++) {
          out[8 + random.nextInt(headerLength)] = (byte) (32 + random.nextInt(95));
        }
      }
      case 3 -> out = java.util.Arrays.copyOf(out, random.nextInt(out.length + 40));
      default -> out = splice(valid, headerLength, random);
    }
    return out;
  }

  /** Replaces a piece of the header by something nasty, with a header length that fits. */
  private static byte[] splice(byte[] valid, int headerLength, SplittableRandom random) {
    byte[] piece = SPLICES[random.nextInt(SPLICES.length)].getBytes(StandardCharsets.UTF_8);
    int at = 8 + random.nextInt(headerLength);
    int cut = Math.min(random.nextInt(6), 8 + headerLength - at);
    int newLength = headerLength - cut + piece.length;
    return ByteBuffer.allocate(valid.length - cut + piece.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(newLength)
        .put(valid, 8, at - 8)
        .put(piece)
        .put(valid, at + cut, valid.length - at - cut)
        .array();
  }
}
