package org.diffusionnft.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.OutputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriteTest {
  @TempDir Path folder;

  @Test
  void replacesAFile() throws IOException {
    Path file = folder.resolve("x.json");
    AtomicFile.write(file, "old");
    AtomicFile.write(file, "new");
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("x.json"), contents());
  }

  @Test
  void fullDiskLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("x.json");
    AtomicFile.write(file, "old");
    OutputException e =
        assertThrows(
            OutputException.class,
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(ByteBuffer.allocate(1000));
                      throw new IOException("No space left on device");
                    }));
    assertEquals("cannot write " + file + ": no space left on device", e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("x.json"), contents());
  }

  /** Nobody knows the hidden name, and nothing is left of it. */
  @Test
  void fullDiskNamesTheFileAsItWouldBeCalled() throws IOException {
    Path model = folder.resolve("model");
    OutputException e =
        assertThrows(
            OutputException.class,
            () ->
                AtomicFolder.write(
                    model,
                    hidden ->
                        AtomicFile.write(
                            hidden.resolve("x.json"),
                            out -> {
                              throw new IOException("No space left on device");
                            })));
    assertEquals(
        "cannot write " + model.resolve("x.json") + ": no space left on device", e.getMessage());
    assertEquals(List.of(), contents());
  }

  @Test
  void aBugInTheContentLeavesNothingEither() throws IOException {
    Path file = folder.resolve("x");
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  throw new IllegalStateException("bug");
                }));
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFolder.write(
                file,
                hidden -> {
                  Files.writeString(hidden.resolve("half"), "written");
                  throw new IllegalStateException("bug");
                }));
    assertEquals(List.of(), contents());
  }

  @Test
  void missingFolderAndFolderInTheWay() throws IOException {
    Path missing = folder.resolve("no/such/x.json");
    OutputException e =
        assertThrows(OutputException.class, () -> AtomicFile.write(missing, "text"));
    assertEquals(
        "cannot write " + missing + ": there is no folder " + missing.getParent(), e.getMessage());
    Path run = folder.resolve("no/run");
    e = assertThrows(OutputException.class, () -> AtomicFolder.write(run, hidden -> {}));
    assertEquals("cannot write " + run + ": there is no folder " + run.getParent(), e.getMessage());
    e = assertThrows(OutputException.class, () -> AtomicFile.write(folder, "text"));
    assertEquals("cannot write " + folder + ": it is a folder", e.getMessage());
    assertEquals(List.of(), contents());
  }

  @Test
  void folderAppearsWhole() throws IOException {
    Path target = folder.resolve("run");
    AtomicFolder.write(
        target,
        hidden -> {
          AtomicFile.write(hidden.resolve("a"), "1");
          Files.createDirectory(hidden.resolve("sub"));
          AtomicFile.write(hidden.resolve("sub/b"), "2");
          assertTrue(Files.notExists(target));
        });
    assertEquals("2", Files.readString(target.resolve("sub/b")));
    assertEquals(List.of("run"), contents());
  }

  @Test
  void emptyFolderIsFilledAndAFullOneRefused() throws IOException {
    Path target = folder.resolve("run");
    Files.createDirectory(target);
    AtomicFolder.write(target, hidden -> AtomicFile.write(hidden.resolve("a"), "1"));
    OutputException e =
        assertThrows(
            OutputException.class,
            () -> AtomicFolder.write(target, hidden -> AtomicFile.write(hidden.resolve("b"), "")));
    assertTrue(e.getMessage().contains("exists and isn't empty"), e.getMessage());
    assertEquals("1", Files.readString(target.resolve("a")));
    assertEquals(List.of("run"), contents());
  }

  private List<String> contents() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
