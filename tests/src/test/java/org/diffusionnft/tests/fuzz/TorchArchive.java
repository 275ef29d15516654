package org.diffusionnft.tests.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Archives as {@code torch.save} writes them, of two tensors. */
final class TorchArchive {
  private static final String PICKLE = "archive/data.pkl";

  private TorchArchive() {}

  /** A dictionary, in one named {@code state_dict} or alone. */
  static byte[] of(boolean wrapped) {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(new byte[] {(byte) 0x80, 2});
    if (wrapped) {
      text(pickle, "}(");
      name(pickle, "state_dict");
    }
    text(pickle, "}(");
    name(pickle, "weight");
    tensor(pickle, "FloatStorage", "0", 2, 3);
    name(pickle, "bias");
    tensor(pickle, "HalfStorage", "1", 4);
    text(pickle, wrapped ? "uu." : "u.");
    return zip(pickle.toByteArray());
  }

  private static void tensor(ByteArrayOutputStream to, String type, String key, int... sizes) {
    text(to, "ctorch._utils\n_rebuild_tensor_v2\n((");
    name(to, "storage");
    text(to, "ctorch\n" + type + "\n");
    name(to, key);
    name(to, "cpu");
    text(to, "K\u0006tQK\u0000(");
    for (int size : sizes) {
      to.writeBytes(new byte[] {'K', (byte) size});
    }
    text(to, "t(");
    for (int i = 1; i <= sizes.length; i++) {
      to.writeBytes(new byte[] {'K', (byte) (i < sizes.length ? sizes[i] : 1)});
    }
    text(to, "t\u0089ccollections\nOrderedDict\n)RtR");
  }

  private static void name(ByteArrayOutputStream to, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    to.write('X');
    to.writeBytes(
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(utf8.length)
            .array());
    to.writeBytes(utf8);
  }

  private static void text(ByteArrayOutputStream to, String text) {
    to.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] zip(byte[] pickle) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, PICKLE, pickle);
      put(zip, "archive/data/0", new byte[24]);
      put(zip, "archive/data/1", new byte[8]);
      put(zip, "archive/version", new byte[] {'3', '\n'});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 sum = new CRC32();
    sum.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(sum.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** A whole archive around what a damaged one has as its pickle, as far as that can be found. */
  static byte[] repaired(byte[] damaged) {
    String latin = new String(damaged, StandardCharsets.ISO_8859_1);
    int start = latin.indexOf(PICKLE);
    int end = latin.indexOf("PK\u0003\u0004", start + 1);
    if (start < 0 || end < 0) {
      return damaged;
    }
    return zip(latin.substring(start + PICKLE.length(), end).getBytes(StandardCharsets.ISO_8859_1));
  }
}
