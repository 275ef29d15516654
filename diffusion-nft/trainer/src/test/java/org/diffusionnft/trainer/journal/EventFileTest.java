package org.diffusionnft.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir Path folder;

  /** The first event of every file, as TensorBoard's own writer frames it (its time set to 0). */
  @Test
  void recordsAreFramedAsTensorFlowDoes() {
    byte[] event = HexFormat.of().parseHex("0900000000000000001a0d627261696e2e4576656e743a32");
    byte[] record = EventFile.record(event);
    assertEquals(EXPECTED, HexFormat.of().formatHex(record));
  }

  private static final String EXPECTED =
      "1800000000000000a37f4b220900000000000000001a0d627261696e2e4576656e743a32eedf28a3";

  @Test
  void fileNamesSortByTimeAndHoldWhatWasWritten() throws IOException {
    try (EventFile events = EventFile.start(folder, 1)) {
      events.scalars(1, Map.of("reward", 0.5));
    }
    try (Stream<Path> files = Files.list(folder)) {
      Path file = files.findFirst().orElseThrow();
      assertTrue(file.getFileName().toString().startsWith("events.out.tfevents."));
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int records = 0;
      String all = new String(bytes.array(), StandardCharsets.ISO_8859_1);
      while (bytes.hasRemaining()) {
        long length = bytes.getLong();
        bytes.getInt();
        byte[] data = new byte[(int) length];
        bytes.get(data);
        bytes.getInt();
        byte[] again = EventFile.record(data);
        assertArrayEquals(
            java.util.Arrays.copyOfRange(
                bytes.array(), bytes.position() - again.length, bytes.position()),
            again);
        records++;
      }
      assertEquals(3, records, "version, start of the session, one step");
      assertTrue(all.contains("brain.Event:2"));
      assertTrue(all.contains("reward"));
    }
  }
}
