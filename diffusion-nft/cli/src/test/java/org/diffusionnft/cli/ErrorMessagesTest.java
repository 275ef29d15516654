package org.diffusionnft.cli;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.diffusionnft.tensor.DeviceException;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Wrong input and bugs of ours look different to a user, and end with different exit codes. */
class ErrorMessagesTest {
  private final StringWriter err = new StringWriter();
  private final CommandLine command = new CommandLine(new Dnft()).setErr(new PrintWriter(err));

  @Test
  void wrongInputIsOneSentence() {
    assertEquals(2, failed(new InvalidInputException("--steps must be\n  at least 1, not 0")));
    assertEquals("dnft: --steps must be at least 1, not 0", err.toString().strip());
  }

  @Test
  void wrongMachinesAreOneSentence() {
    assertEquals(2, failed(new NoSuchFileException("a.yaml")));
    assertEquals(2, failed(new IOException("the disk is full")));
    assertEquals(2, failed(new DeviceException("the driver refuses")));
    assertEquals(3, err.toString().lines().count());
  }

  @Test
  void whatTensorsRefuseIsABug() {
    IllegalArgumentException bug = new IllegalArgumentException("none");
    try (ReferenceDevice device = new ReferenceDevice()) {
      Tensor.of(device, new float[6], 2, 3).reshape(4);
    } catch (IllegalArgumentException e) {
      bug = e;
    }
    assertEquals(1, failed(bug));
    assertTrue(err.toString().contains("this is a bug of dnft"), err.toString());
    assertTrue(err.toString().contains("at org.diffusionnft.tensor."), err.toString());
  }

  @Test
  void tooLittleMemoryIsOneSentence() {
    assertEquals(2, failed(new OutOfMemoryError("Java heap space")));
    assertEquals(1, err.toString().lines().count());
    assertTrue(err.toString().contains("Java heap space"), err.toString());
  }

  /** As when weights are copied anew over those that a run has mapped. */
  @Test
  void aFileThatGetsShorterWhileItIsReadIsOneSentence(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("weights"), new byte[1 << 16]);
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file, READ, WRITE)) {
      MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, 1 << 16, arena);
      channel.truncate(0);
      InternalError lost =
          assertThrows(InternalError.class, () -> mapped.toArray(ValueLayout.JAVA_BYTE));
      assertEquals(2, failed(lost));
    }
    assertEquals(1, err.toString().lines().count());
    assertTrue(err.toString().contains("got shorter while it was read"), err.toString());
  }

  @Test
  void anErrorInsideACommandIsToldAsABug() {
    PrintWriter broken =
        new PrintWriter(new StringWriter()) {
          @Override
          public void print(String text) {
            throw new StackOverflowError("deep");
          }
        };
    assertEquals(1, Dnft.run(broken, new PrintWriter(err), "devices"));
    assertTrue(err.toString().contains("StackOverflowError: deep"), err.toString());
    assertTrue(err.toString().contains("this is a bug of dnft"), err.toString());
  }

  private int failed(Throwable e) {
    return ErrorMessages.failed(e, command);
  }
}
