package org.diffusionnft.weights.torch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
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
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** The pickle of one tensor of two numbers, in whose place something else may stand. */
  private static final String TENSOR =
      "}(X\u0001\0\0\0actorch._utils\n"
          + "_rebuild_tensor_v2\n"
          + "((X\u0007\0\0\0storagectorch\n"
          + "FloatStorage\n"
          + "X\u0001\0\0\u00000X\u0003\0\0\0cpuK\u0002tQK\0(K\u0002t(K\u0001t\u0089NtRu.";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(K\\2t(K\\1t | (K\\1K\\2t(K\\1t | has 2 sizes but strides for 1 of them, where one for"
            + " each",
        "(K\\2t(K\\1t | (X\\1\\0\\0\\0xt(K\\1t | a tensor with 'x' among its sizes or strides",
        "(K\\2t(K\\1t | (\\212\\10\\0\\0\\0\\0\\0\\0\\0\\100t(K\\1t | lacks bytes of tensor 'a'",
        "(K\\2t(K\\1t | (J\\377\\377\\377\\377t(K\\1t | negative dimension",
        "QK\\0( | Q\\212\\10\\377\\377\\377\\377\\377\\377\\377\\177( | lacks bytes of tensor 'a'",
        "QK\\0( | QJ\\377\\377\\377\\377( | lacks bytes of tensor 'a'",
        "X\\1\\0\\0\\0\\60X\\3 | X\\1\\0\\0\\0\\71X\\3 | lacks the bytes of tensor 'a'",
        "ctorch\\n"
            + "FloatStorage\\n"
            + " | ctorch\\n"
            + "OddStorage\\n"
            + " | is a 'OddStorage', which is not supported",
        "ctorch\\n"
            + "FloatStorage\\n"
            + " | ]q\\0h\\0a | was not written by PyTorch; load it in Python and save it as",
      })
  void tensorsThatCannotBe(String found, String put, String message) throws IOException {
    assertTrue(TENSOR.contains(found.translateEscapes()), found);
    assertRefused(
        archive(TENSOR.replace(found.translateEscapes(), put.translateEscapes()), false), message);
  }

  /** {@code torch.Tensor.neg} and {@code conj} leave the numbers alone and set a bit. */
  @ParameterizedTest
  @CsvSource({"neg, \u0088, true", "conj, \u0088, true", "neg, \u0089, false", "new, N, true"})
  void numbersThatAreNotThoseStored(String bit, String value, boolean refused) throws IOException {
    String metadata = "}X" + (char) bit.length() + "\0\0\0" + bit + value + "s";
    byte[] archive = archive(TENSOR.replace("\u0089NtR", "\u0089N" + metadata + "tR"), false);
    if (refused) {
      assertRefused(archive, "stores tensor 'a' with '[" + bit + "]'");
    } else {
      TensorFiles.open(Files.write(folder.resolve("good.pt"), archive)).close();
    }
  }

  @Test
  void otherByteOrders() throws IOException {
    byte[] little = archive(TENSOR, "a/byteorder", "little");
    TensorFiles.open(Files.write(folder.resolve("good.pt"), little)).close();
    assertRefused(
        archive(TENSOR, "a/byteorder", "big"),
        "has numbers in the byte order 'big', but only 'little' is supported");
  }

  @Test
  void twoOfOneKind() throws IOException {
    assertRefused(
        archive(TENSOR, "b/data.pkl", TENSOR), "two pickles inside, 'a/data.pkl' and 'b/data.pkl'");
    byte[] twins = archive(TENSOR, "a/data/1", "        ");
    for (int i = 0; i < twins.length - 8; i++) {
      if (new String(twins, i, 8, ISO_8859_1).equals("a/data/1")) {
        twins[i + 7] = '0';
      }
    }
    assertRefused(twins, "has two entries named 'a/data/0'");
  }

  /** Beside a tensor, as one that wants to be loaded would have it. */
  @ParameterizedTest
  @CsvSource({
    "cposix\\nsystem\\n, posix.system",
    "cos.path\\nexists\\n, os.path.exists",
    "c__builtin__\\neval\\n, __builtin__.eval",
    "X\\10\\0\\0\\0builtinsX\\4\\0\\0\\0exec\\223, builtins.exec",
  })
  void codeIsRefused(String code, String name) throws IOException {
    String call = "X\1\0\0\0b" + code.translateEscapes() + "X\4\0\0\0true\u0085R";
    String pickle = TENSOR.replace("u.", call + "u.");
    assertRefused(
        archive(pickle, false), "its pickle would run code in Python, with '" + name + "'");
  }

  @Test
  void whatIsOnlyNoTensorIsLeftOut() throws IOException {
    String other = "X\1\0\0\0bcbuiltins\nset\n]\u0085R";
    byte[] archive = archive(TENSOR.replace("u.", other + "u."), false);
    try (TensorSource source = TensorFiles.open(Files.write(folder.resolve("good.pt"), archive))) {
      assertEquals(Set.of("a"), source.names());
    }
  }

  @Test
  void aDictionaryInItself() throws IOException {
    String inItself = "}q\0(X\n\0\0\0state_dicth\0u.";
    assertRefused(
        archive(inItself, false),
        "holds no tensors by name, neither in its dictionary nor in the 'state_dict' of that:"
            + " save");
  }

  /** Thirty lists, each with the one before in it ten times: as text, more than any memory. */
  @Test
  void textThatGrows() throws IOException {
    StringBuilder lists = new StringBuilder("]q\0");
    for (int i = 1; i < 30; i++) {
      lists.append("](").append(("h" + (char) (i - 1)).repeat(10)).append("eq").append((char) i);
    }
    String pickle = TENSOR.replace("ctorch\nFloatStorage\n", lists);
    assertRefused(archive(pickle, false), "none that torch.save writes");
  }

  @Test
  void whatIsCompressedIsNotUnpacked() throws IOException {
    byte[] bomb = archive(TENSOR + "\0".repeat(1 << 20), true);
    assertTrue(bomb.length < 1 << 14);
    assertRefused(bomb, "is compressed, which files of torch.save never are");
  }

  @Test
  void moreThanTheFileHoldsIsNotAllocated() throws IOException {
    byte[] good = archive(TENSOR, false);
    try (TensorSource source = TensorFiles.open(Files.write(folder.resolve("good.pt"), good));
        ReferenceDevice device = new ReferenceDevice()) {
      assertArrayEquals(new float[2], source.tensor("a", device).toFloats());
    }
    String directory = new String(good, ISO_8859_1);
    int entry = directory.lastIndexOf("a/data/0") - 46; // its sizes stand 20 bytes further on
    java.nio.ByteBuffer sizes =
        java.nio.ByteBuffer.wrap(good).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    sizes.putInt(entry + 20, 0x7ffffff0).putInt(entry + 24, 0x7ffffff0);
    assertRefused(good, "");
  }

  @Test
  void aFileIsWhatItsBytesSay() throws IOException {
    Path misnamed = Files.write(folder.resolve("model.safetensors"), archive(TENSOR, false));
    try (TensorSource source = TensorFiles.open(misnamed)) {
      assertEquals(Set.of("a"), source.names());
    }
    assertRefused("<!doctype html><html>".getBytes(ISO_8859_1), "is a web page (HTML)");
    assertRefused("GGUF".getBytes(ISO_8859_1), "is a GGUF file");
  }

  private void assertRefused(byte[] bytes, String message) throws IOException {
    Path path = Files.write(folder.resolve("bad.pt"), bytes);
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () -> {
              try (TensorSource source = TensorFiles.open(path);
                  ReferenceDevice device = new ReferenceDevice()) {
                source.tensor("a", device);
              }
            });
    assertTrue(e.getMessage().startsWith(path + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private static byte[] archive(String pickle, boolean compressed) throws IOException {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "a/data.pkl", pickle.getBytes(ISO_8859_1), compressed);
      put(zip, "a/data/0", new byte[8], false);
    }
    return bytes.toByteArray();
  }

  private static byte[] archive(String pickle, String more, String content) throws IOException {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "a/data.pkl", pickle.getBytes(ISO_8859_1), false);
      put(zip, "a/data/0", new byte[8], false);
      put(zip, more, content.getBytes(ISO_8859_1), false);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content, boolean compressed)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    if (!compressed) {
      CRC32 sum = new CRC32();
      sum.update(content);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      entry.setCrc(sum.getValue());
    }
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
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
