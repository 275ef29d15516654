package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpeningTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void whatIsDoneStaysOpen() {
    AutoCloseable first = () -> closed.add("first");
    try (Opening opening = new Opening()) {
      assertSame(first, opening.add(first));
      assertEquals("whole", opening.done("whole"));
    }
    assertEquals(List.of(), closed);
  }

  @Test
  void aFailureClosesTheLastFirstAndIsWhatIsThrown() {
    IOException failure = new IOException("the third is missing");
    IOException thrown =
        assertThrows(
            IOException.class,
            () -> {
              try (Opening opening = new Opening()) {
                opening.add(() -> closed.add("first"));
                opening.add(
                    () -> {
                      throw new IOException("stuck");
                    });
                opening.add(() -> closed.add("second"));
                throw failure;
              }
            });
    assertSame(failure, thrown);
    assertEquals(List.of("second", "first"), closed);
    assertEquals("stuck", thrown.getSuppressed()[0].getCause().getMessage());
  }
}
