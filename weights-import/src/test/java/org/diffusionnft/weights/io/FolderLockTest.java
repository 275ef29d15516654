package org.diffusionnft.weights.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderLockTest {
  @TempDir private Path folder;

  /** Takes a folder in a process of its own, says so, and keeps it. */
  public static final class Owner {
    private Owner() {}

    /** The folder is the argument. */
    public static void main(String[] args) throws Exception {
      try (FolderLock lock = FolderLock.take(Path.of(args[0]))) {
        System.out.println("taken " + lock.hashCode());
        Thread.sleep(TimeUnit.MINUTES.toMillis(5));
      }
    }
  }

  @Test
  void oneAtATime() throws IOException {
    FolderLock lock = FolderLock.take(folder);
    assertRefused("is in use by this very process: wait until that ends, or end it first");
    lock.close();
    lock.close(); // the second time it is not ours any more
    try (FolderLock again = FolderLock.take(folder)) {
      lock.close();
      assertRefused("is in use by this very process");
      assertTrue(Files.exists(folder.resolve(FolderLock.NAME)), again.toString());
    }
    assertFalse(Files.exists(folder.resolve(FolderLock.NAME)), "left behind");
  }

  @Test
  void anotherProcessIsNamedAndItsDeathGivesTheFolderBack() throws Exception {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertTrue(String.valueOf(owner.inputReader().readLine()).startsWith("taken"));
      assertRefused("is in use by process " + owner.pid() + " since ");
      assertRefused("is in use by process " + owner.pid() + " since "); // asking gives nothing back
    } finally {
      owner.destroyForcibly().waitFor();
    }
    FolderLock.take(folder).close();
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  /** Whoever takes a folder writes to its files. */
  @ParameterizedTest
  @ValueSource(strings = {FolderLock.NAME, "metrics.jsonl", "samples/one.png", "samples"})
  void linksInAFolderAreRefused(String name, @TempDir Path elsewhere) throws IOException {
    Path precious = Files.writeString(elsewhere.resolve("precious"), "precious");
    Path link = folder.resolve(name);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, name.equals("samples") ? elsewhere : precious);
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> FolderLock.take(folder).close());
    assertTrue(
        String.valueOf(e.getMessage()).contains(name + ": is a link, through which files"),
        e.getMessage());
    assertEquals("precious", Files.readString(precious));
    Files.delete(link);
    FolderLock.take(folder).close();
  }

  @Test
  void theFolderItselfMayBeALink(@TempDir Path elsewhere) throws IOException {
    Path link = Files.createSymbolicLink(elsewhere.resolve("newest"), folder);
    FolderLock lock = FolderLock.take(link);
    assertRefused("is in use by this very process");
    lock.close();
  }

  private void assertRefused(String message) {
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> FolderLock.take(folder).close());
    assertTrue(String.valueOf(e.getMessage()).startsWith(folder + ": " + message), e.getMessage());
  }
}
