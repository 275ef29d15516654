package org.diffusionnft.weights.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("metrics.jsonl");
  }

  @Test
  void dropsLaterEpochsAndHalfALine() throws IOException {
    Files.writeString(file, "{\"epoch\": 1,\"a\":1.50}\n{\"epoch\":2,\"a\":0}\n{\"epoch\":12,\"a");
    JsonLines.dropAfter(file, "epoch", 1);
    assertEquals("{\"epoch\": 1,\"a\":1.50}\n", Files.readString(file));
    JsonLines.dropAfter(file, "epoch", 0);
    assertEquals("", Files.readString(file));
  }

  @Test
  void aFileThatIsNotThereStaysSo() throws IOException {
    JsonLines.dropAfter(file, "epoch", 1);
    assertFalse(Files.exists(file));
    assertEquals(List.of(), JsonLines.read(file));
  }

  @Test
  void theLastLineMayBeCutInsideACharacter() throws IOException {
    byte[] bytes = "{\"epoch\":1}\n{\"prompt\":\"\u00e4".getBytes(StandardCharsets.UTF_8);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertEquals(1, JsonLines.read(file).size());
  }

  @Test
  void anyOtherLineMustBeAnObject() throws IOException {
    for (String wrong : List.of("{\"epo\n{\"epoch\":1}\n", "[1]\n{\"epoch\":1}\n", "[1]\n", "\n")) {
      Files.writeString(file, wrong);
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> JsonLines.read(file), wrong);
      assertTrue(String.valueOf(e.getMessage()).contains("line 1 is no JSON"), e.getMessage());
    }
  }

  /** A journal is not worth a run: it goes on without the line. */
  @Test
  void damagedLinesAreLeftOutAndKept() throws IOException {
    byte[] bytes = "{\"epoch\":1}\n{\"epoch\":2,\"a\":\"x\"}\n{\"epoch\":3}\n".getBytes(UTF_8);
    bytes[28] = (byte) 0xff;
    Files.write(file, bytes);
    InvalidFileException e = assertThrows(InvalidFileException.class, () -> JsonLines.read(file));
    assertEquals(
        file
            + ": line 2 is not UTF-8 text: take that line out, as 'dnft train --resume' does in a"
            + " run",
        e.getMessage());
    assertEquals(
        List.of(
            file + ": line 2 is not UTF-8 text; it is left out, and kept in metrics.jsonl.damaged"),
        JsonLines.dropAfter(file, "epoch", 5));
    assertEquals("{\"epoch\":1}\n{\"epoch\":3}\n", Files.readString(file));
    assertEquals(20, Files.size(folder.resolve("metrics.jsonl.damaged")));
    assertEquals(List.of(), JsonLines.dropAfter(file, "epoch", 5));
  }

  /** Wherever a kill cuts the last line, the others stay as they are. */
  @Test
  void aCutAnywhereIsPassedOver() throws IOException {
    byte[] whole = "{\"epoch\":1}\n{\"epoch\":2,\"p\":\"\u4e00\ud83d\ude00\"}\n".getBytes(UTF_8);
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      int lines = length >= whole.length - 1 ? 2 : length >= 11 ? 1 : 0;
      assertEquals(lines, JsonLines.read(file).size(), "cut at " + length);
      assertEquals(List.of(), JsonLines.dropAfter(file, "epoch", 9), "cut at " + length);
      assertEquals(lines, Files.readString(file).lines().count(), "cut at " + length);
    }
  }

  @Test
  void numbersOfObjectsInObjectsHaveASlashInTheirKeys() throws IOException {
    Files.writeString(file, "{\"a\":1,\"b\":{\"c\":2.5,\"d\":\"text\"}}\n");
    assertEquals(
        "{x/a=1.0, x/b/c=2.5}",
        JsonLines.numbers("x/", JsonLines.read(file).getFirst()).toString());
  }
}
