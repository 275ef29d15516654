package org.diffusionnft.trainer.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpochLinesTest {
  @TempDir private Path folder;

  @Test
  void dropsLaterEpochsAndHalfALine() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "{\"epoch\":1,\"a\":0}\n{\"epoch\":2,\"a\":0}\n{\"epoch\":12,\"a");
    EpochLines.dropAfter(file, 1);
    assertEquals("{\"epoch\":1,\"a\":0}\n", Files.readString(file));
    EpochLines.dropAfter(file, 0);
    assertEquals("", Files.readString(file));
  }

  @Test
  void aFileThatIsNotThereStaysSo() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    EpochLines.dropAfter(file, 1);
    assertFalse(Files.exists(file));
  }
}
