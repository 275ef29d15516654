package org.diffusionnft.weights.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {
  @TempDir private Path folder;

  @Test
  void aByteOrderMarkIsNoText() throws IOException {
    assertEquals("caf\u00e9\n", TextFile.read(write("\ufeffcaf\u00e9\n".getBytes(UTF_8))));
    assertEquals("", TextFile.read(write(new byte[0])));
  }

  @Test
  void whatIsNoTextIsNamed() throws IOException {
    assertProblem(
        "is not UTF-8 text: line 2 has the byte 0xe9 where none can be",
        write("a: 1\noutput: caf\u00e9\n".getBytes(ISO_8859_1)));
    assertProblem(
        "is not UTF-8 text: line 1 has the byte 0xff", write("\ufeffepochs: 1".getBytes(UTF_16LE)));
    assertProblem("is not UTF-8 text: line 1", write(new byte[] {'a', (byte) 0xe4}));
    assertProblem("no such file", folder.resolve("nothing"));
    assertProblem("cannot be read: ", folder);
  }

  @Test
  void whatIsTooLargeIsNotRead() throws IOException {
    assertEquals(1024, TextFile.read(write(new byte[1024]), 1024).length());
    Path file = write(new byte[1025]);
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> TextFile.read(file, 1024));
    assertEquals(
        file + ": is larger than 1 KiB, too much for such a file: is it the right one?",
        e.getMessage());
  }

  private void assertProblem(String problem, Path file) {
    InvalidFileException e = assertThrows(InvalidFileException.class, () -> TextFile.read(file));
    assertTrue(String.valueOf(e.getMessage()).startsWith(file + ": " + problem), e.getMessage());
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("x.yaml"), bytes);
  }
}
