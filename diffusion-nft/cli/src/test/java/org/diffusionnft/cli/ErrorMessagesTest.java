package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.NoSuchFileException;
import org.diffusionnft.tensor.DeviceException;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;
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
