package org.diffusionnft.weights.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Types that safetensors has and memory has not. */
class StoredTypesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
        "U16",
        "U32",
        "U64",
        "C64",
        "I4096"
      })
  void aTypeThatNothingComputesWithHidesNoOtherTensor(String type) throws IOException {
    int bytes = Math.max(1, StoredType.named(type).bits());
    Path path =
        file(
            "{'a':{'dtype':'BF16','shape':[2],'data_offsets':[0,4]},'b':{'dtype':'%s','shape':[8],'data_offsets':[4,%d]}}"
                .formatted(type, 4 + bytes),
            new byte[4 + bytes]);
    try (SafetensorsFile file = SafetensorsFile.open(path);
        ReferenceDevice device = new ReferenceDevice()) {
      assertArrayEquals(new float[2], file.tensor("a", device).toFloats());
      assertEquals(type, file.stored("b").name());
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> file.tensor("b", device));
      assertEquals(
          path + ": tensor 'b' is " + type + ", which nothing here computes with", e.getMessage());
    }
  }

  /** Micikevicius et al., table 1: the largest and smallest numbers, and what is special. */
  @Test
  void numbersOfEightBitsAreWidenedExactly() throws IOException {
    byte[] numbers = new byte[512];
    for (int i = 0; i < 512; i++) {
      numbers[i] = (byte) i;
    }
    Path path =
        file(
            "{'e4m3':{'dtype':'F8_E4M3','shape':[2,128],'data_offsets':[0,256]},'e5m2':{'dtype':'F8_E5M2','shape':[256],'data_offsets':[256,512]}}",
            numbers);
    try (SafetensorsFile file = SafetensorsFile.open(path);
        ReferenceDevice device = new ReferenceDevice()) {
      assertEquals(DType.BF16, file.dtype("e4m3"));
      float[] e4m3 = file.tensor("e4m3", device).toFloats();
      assertEquals(448, e4m3[0x7e]);
      assertEquals(Math.scalb(1f, -9), e4m3[0x01]);
      assertEquals(Math.scalb(1f, -6), e4m3[0x08]);
      assertEquals(-1.125f, e4m3[0xb9]);
      assertTrue(Float.isNaN(e4m3[0x7f]) && Float.isNaN(e4m3[0xff]));
      float[] e5m2 = file.tensor("e5m2", device).toFloats();
      assertEquals(57344, e5m2[0x7b]);
      assertEquals(Math.scalb(1f, -16), e5m2[0x01]);
      assertEquals(Math.scalb(1f, -14), e5m2[0x04]);
      assertEquals(-1.25f, e5m2[0xbd]);
      assertEquals(Float.POSITIVE_INFINITY, e5m2[0x7c]);
      assertTrue(Float.isNaN(e5m2[0x7d]));
      for (int i = 0; i < 256; i++) { // each differs from the one before by what its bits say
        int bits = i;
        if (bits % 128 != 0 && !Float.isNaN(e4m3[bits])) {
          assertTrue(Math.abs(e4m3[bits]) > Math.abs(e4m3[bits - 1]), () -> "e4m3 " + bits);
        }
      }
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> file.requireFinite(device));
      assertTrue(
          e.getMessage().contains("tensor 'e4m3' of shape [2, 128] holds NaN at number 127"),
          e.getMessage());
    }
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(8 + json.length + data.length);
    all.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("x.safetensors"), all.array());
  }
}
