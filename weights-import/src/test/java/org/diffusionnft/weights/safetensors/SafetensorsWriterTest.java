package org.diffusionnft.weights.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  private final ReferenceDevice device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void bytesAreThoseOfTheReferenceImplementation() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z", Tensor.of(device, new float[] {1, 2}, 2));
    tensors.put("flag", Tensor.full(device, DType.BOOL, Shape.of(1), 1));
    tensors.put("a\"\n", Tensor.of(device, new float[] {3}, 1, 1));
    tensors.put("half", Tensor.full(device, DType.BF16, Shape.of(), 1));
    tensors.put("ids", Tensor.of(device, new long[] {7}, 1));
    Path file = folder.resolve("t.safetensors");
    SafetensorsWriter.write(file, tensors, SafetensorsWriter.PYTORCH);

    String header =
        """
        {"__metadata__":{"format":"pt"},\
        "ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},\
        "a\\"\\n":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},\
        "z":{"dtype":"F32","shape":[2],"data_offsets":[12,20]},\
        "half":{"dtype":"BF16","shape":[],"data_offsets":[20,22]},\
        "flag":{"dtype":"BOOL","shape":[1],"data_offsets":[22,23]}}\
        """;
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    ByteBuffer expected =
        ByteBuffer.allocate(8 + padded.length() + 23)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(padded.length())
            .put(padded.getBytes(StandardCharsets.UTF_8))
            .putLong(7)
            .putFloat(3)
            .putFloat(1)
            .putFloat(2)
            .putShort((short) 0x3F80)
            .put((byte) 1);
    assertArrayEquals(expected.array(), Files.readAllBytes(file));
  }

  @Test
  void everyDTypeComesBack() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put(dtype.name(), Tensor.full(device, dtype, Shape.of(3, 1), 1));
    }
    tensors.put("empty", Tensor.zeros(device, DType.F32, Shape.of(2, 0)));
    Path path = folder.resolve("all.safetensors");
    SafetensorsWriter.write(path, tensors, Map.of("note", "\u00e9\ud83d\ude00"));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(Map.of("note", "\u00e9\ud83d\ude00"), file.metadata());
      for (DType dtype : DType.values()) {
        Tensor read = file.tensor(dtype.name(), device);
        assertEquals(dtype, read.dtype());
        assertEquals(Shape.of(3, 1), read.shape());
        assertArrayEquals(new double[] {1, 1, 1}, read.toDoubles());
      }
      assertEquals(0, file.tensor("empty", device).elements());
    }
  }

  @Test
  void tensorsAreMappedNotCopied() throws IOException {
    Path path = folder.resolve("t.safetensors");
    SafetensorsWriter.write(path, Map.of("x", Tensor.of(device, new float[] {1, 2}, 2)), Map.of());
    long live = device.memory().liveBytes();
    SafetensorsFile file = SafetensorsFile.open(path);
    Tensor x = file.tensor("x", device);
    assertArrayEquals(new float[] {1, 2}, x.toFloats());
    assertEquals(live, device.memory().liveBytes());
    file.close();
    file.close();
    assertThrows(IllegalStateException.class, x::toFloats);
  }

  @Test
  void unalignedDataIsReadAllTheSame() throws IOException {
    String header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    String odd = header + " ".repeat((9 - header.length() % 8) % 8);
    Path path = folder.resolve("odd.safetensors");
    Files.write(
        path,
        ByteBuffer.allocate(8 + odd.length() + 8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(odd.length())
            .put(odd.getBytes(StandardCharsets.UTF_8))
            .putFloat(5)
            .putFloat(6)
            .array());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      Tensor x = file.tensor("x", device);
      assertEquals(0, x.segment().address() % 4);
      assertArrayEquals(new float[] {5, 6}, x.toFloats());
    }
  }

  @Test
  void filesOverTwoGigabytes() throws IOException {
    long elements = (5L << 30) / 2;
    String header =
        "{\"big\":{\"dtype\":\"BF16\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                .formatted(elements, 2 * elements)
            + "\"end\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}}"
                .formatted(2 * elements, 2 * elements + 1);
    Path path = folder.resolve("big.safetensors");
    // Unaligned, it would be copied.
    byte[] json = (header + " ".repeat(header.length() % 2)).getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(8 + json.length + 2 * elements + 1);
      ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      sparse.write(start.putLong(json.length).put(json).array());
      sparse.seek(8 + json.length + 2 * elements);
      sparse.write(42);
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(elements, file.tensor("big", device).elements());
      assertEquals(42, file.tensor("end", device).toLongs()[0]);
      Tensor tail = file.tensor("big", device).narrow(elements - 4, 4);
      assertArrayEquals(new double[4], tail.toDoubles());
    }
  }

  @Test
  void reservedName() {
    Map<String, Tensor> tensors = Map.of("__metadata__", Tensor.of(device, new float[1], 1));
    Path file = folder.resolve("t.safetensors");
    assertThrows(
        IllegalArgumentException.class, () -> SafetensorsWriter.write(file, tensors, Map.of()));
  }

  @Test
  void namesSortByUtf8AsInRust() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    // UTF-16 would put the emoji (a surrogate pair, 0xD83D) before the private use character.
    for (String name : List.of("\ud83d\ude00", "\uf8ff", "b", "a")) {
      tensors.put(name, Tensor.of(device, new float[] {1}, 1));
    }
    Path path = folder.resolve("t.safetensors");
    SafetensorsWriter.write(path, tensors, Map.of());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(List.of("a", "b", "\uf8ff", "\ud83d\ude00"), List.copyOf(file.names()));
    }
  }
}
