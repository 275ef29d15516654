package org.diffusionnft.pipeline;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureRequestTest {
  @ParameterizedTest
  @CsvSource({
    "100, 64, 1, 1, width must be a multiple of 16",
    "64, 0, 1, 1, height must be 16 to 16384 pixels",
    "64, 64, 0, 1, steps must be 1 to 1000",
    "64, 64, 1, 0, count must be 1 to 10000",
  })
  void impossibleRequests(int width, int height, int steps, int count, String message) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                PictureRequest.of("a cat")
                    .withWidth(width)
                    .withHeight(height)
                    .withSteps(steps)
                    .withCount(count));
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }
}
