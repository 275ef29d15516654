package org.diffusionnft.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.OutputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendedFileTest {
  /** A device of Linux that is a full disk for whoever writes to it. */
  private static final Path FULL = Path.of("/dev/full");

  @TempDir Path folder;

  @Test
  void growsBehindWhatIsThere() throws IOException {
    Path file = folder.resolve("log.jsonl");
    AppendedFile.append(file, "{}\n");
    try (AppendedFile open = AppendedFile.open(file)) {
      open.append("\"é\"\n");
      open.append(new byte[] {'1', '\n'});
      open.sync();
    }
    assertEquals("{}\n\"é\"\n1\n", Files.readString(file));
  }

  @Test
  void fullDiskIsToldWithTheFile() throws IOException {
    assumeTrue(Files.exists(FULL));
    OutputException e =
        assertThrows(OutputException.class, () -> AppendedFile.append(FULL, "{}\n"));
    assertEquals("cannot write /dev/full: no space left on device", e.getMessage());
  }

  @Test
  void missingFolderIsNamed() {
    Path file = folder.resolve("no").resolve("log.jsonl");
    OutputException e =
        assertThrows(OutputException.class, () -> AppendedFile.append(file, "{}\n"));
    assertEquals(
        "cannot write " + file + ": there is no folder " + file.getParent(), e.getMessage());
  }
}
