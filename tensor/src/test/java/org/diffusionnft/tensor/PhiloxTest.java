package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxTest {

  /** The known answers of the authors' Random123 distribution. */
  @Test
  void knownAnswers() {
    assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, block(0, 0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, block(-1, -1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        block(0x299f31d0a4093822L, 0x0370734413198a2eL, 0x85a308d3243f6a88L));
  }

  @Test
  void anyPartIsThatPartOfTheWhole() {
    Philox philox = new Philox(7, 3);
    float[] all = philox.normals(0, 103);
    assertArrayEquals(Arrays.copyOfRange(all, 5, 42), philox.normals(5, 37));
    float[] uniform = philox.uniforms(0, 103);
    assertArrayEquals(Arrays.copyOfRange(uniform, 50, 101), philox.uniforms(50, 51));
  }

  @Test
  void momentsOfNormalsAndUniforms() {
    float[] normals = new Philox(1, 2).normals(0, 200_000);
    double mean = 0;
    double square = 0;
    double fourth = 0;
    for (float x : normals) {
      mean += x / (double) normals.length;
      square += x * x / (double) normals.length;
      fourth += Math.pow(x, 4) / normals.length;
    }
    assertEquals(0, mean, 0.01);
    assertEquals(1, square, 0.02);
    assertEquals(3, fourth, 0.12);
    float[] uniforms = new Philox(1, 2).uniforms(0, 200_000);
    double sum = 0;
    for (float u : uniforms) {
      sum += u;
    }
    assertEquals(0.5, sum / uniforms.length, 0.003);
  }

  private static int[] block(long seed, long stream, long position) {
    int[] out = new int[4];
    new Philox(seed, stream).block(position, out);
    return out;
  }
}
