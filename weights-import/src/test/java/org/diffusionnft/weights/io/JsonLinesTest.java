package org.diffusionnft.weights.io;

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

  @Test
  void numbersOfObjectsInObjectsHaveASlashInTheirKeys() throws IOException {
    Files.writeString(file, "{\"a\":1,\"b\":{\"c\":2.5,\"d\":\"text\"}}\n");
    assertEquals(
        "{x/a=1.0, x/b/c=2.5}",
        JsonLines.numbers("x/", JsonLines.read(file).getFirst()).toString());
  }
}
