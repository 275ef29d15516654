package org.diffusionnft.weights.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that PyTorch's {@code torch.save} wrote. */
class TorchFileTest {
  @TempDir Path folder;

  private static Path file(String name) {
    try {
      return Path.of(TorchFileTest.class.getResource("/torch/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void tensorsOfAStateDict() throws IOException {
    try (TensorSource source = TensorFiles.open(file("mixed.pt"));
        ReferenceDevice device = new ReferenceDevice()) {
      assertEquals(Set.of("view", "half", "bf", "ids", "param"), source.names());
      assertEquals(Shape.of(2, 6), source.shape("view"));
      assertArrayEquals(
          new float[] {6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17},
          source.tensor("view", device).toFloats());
      assertEquals(DType.F16, source.dtype("half"));
      assertArrayEquals(new float[] {1.5f, -2}, source.tensor("half", device).toFloats());
      assertArrayEquals(new float[] {0.25f}, source.tensor("bf", device).toFloats());
      assertArrayEquals(new long[] {1, 1L << 40}, source.tensor("ids", device).toLongs());
      assertArrayEquals(new float[] {7}, source.tensor("param", device).toFloats());
    }
  }

  @Test
  void anOrderedDict() throws IOException {
    try (TensorSource source = TensorFiles.open(file("aesthetic_mlp.pth"))) {
      assertEquals(10, source.names().size());
      assertEquals(Shape.of(24, 16), source.shape("layers.0.weight"));
    }
  }

  @Test
  void whatIsNotContiguousIsRefused() throws IOException {
    try (TensorSource source = TensorFiles.open(file("transposed.pt"));
        ReferenceDevice device = new ReferenceDevice()) {
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> source.tensor("t", device));
      assertTrue(String.valueOf(e.getMessage()).contains("not contiguous"), e.getMessage());
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("text.pt"), "not an archive");
    assertThrows(InvalidFileException.class, () -> TensorFiles.open(text));
    assertThrows(InvalidFileException.class, () -> TensorFiles.open(folder.resolve("missing.pth")));
  }

  /** Whatever a damaged pickle says, it is a message and not a crash, and no code of it runs. */
  @Test
  void damagedPicklesAreRefused() throws IOException {
    byte[] good;
    try (var archive = new java.util.zip.ZipFile(file("mixed.pt").toFile())) {
      var entry = archive.stream().filter(e -> e.getName().endsWith("data.pkl")).findFirst();
      try (var in = archive.getInputStream(entry.orElseThrow())) {
        good = in.readAllBytes();
      }
    }
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      try {
        TorchPickle.tensors(TorchPickle.read(bad));
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertTrue(refused > 300, "only " + refused + " refused");
  }
}
