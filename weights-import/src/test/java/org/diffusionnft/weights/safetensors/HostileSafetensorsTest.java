package org.diffusionnft.weights.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every lie a safetensors file can tell ends in one sentence that names it. */
class HostileSafetensorsTest {
  @TempDir Path folder;

  /** The header, with ' for "; bytes of data that follow; what the message must contain. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | it is truncated",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | F32 of shape [2] needs 8",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | claims bytes 8 to 0",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}} | 8 | 1 data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,8]}} | 8 | 3 data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | 8 | holds '-8'",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,9223372036854775808]}} | 8 | 2^63-1",
        "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | 8 | holds '2.0'",
        "{'a':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}} | 8 | whole number",
        "{'a':{'dtype':'F32','shape':[[2]],'data_offsets':[0,8]}} | 8 | whole number",
        "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | 8 | is not a list",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}} | 0 | 2^63"
            + " bytes",
        "{'a':{'dtype':'F32','shape':[0,4294967296,4294967296],'data_offsets':[0,0]}} | 0 | 2^63",
        "{'a':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,0]}} | 0 | 2^63 bytes",
        "{'a':{'dtype':'F8_E4M3','shape':[8],'data_offsets':[0,4]}} | 4 | F8_E4M3 of shape [8]"
            + " needs 8",
        "{'a':{'dtype':'F4','shape':[8],'data_offsets':[0,8]}} | 8 | F4 of shape [8] needs 4",
        "{'a':{'dtype':'F6_E2M3','shape':[3],'data_offsets':[0,2]}} | 2 | of shape [3] needs 3",
        "{'a':{'dtype':'X1','shape':[65],'data_offsets':[0,8]}} | 8 | X1 of shape [65] needs 9",
        "{'a':{'dtype':'f32','shape':[2],'data_offsets':[0,8]}} | 8 | dtype 'f32'",
        "{'a':{'dtype':32,'shape':[2],'data_offsets':[0,8]}} | 8 | dtype of tensor 'a'",
        "{'a':{'shape':[2],'data_offsets':[0,8]}} | 8 | has no dtype",
        "{'a':{'dtype':'F32','data_offsets':[0,8]}} | 8 | has no shape",
        "{'a':{'dtype':'F32','shape':[2]}} | 8 | has no data_offsets",
        "{'a':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 8 | 'dtype' twice",
        "{'a':[]} | 0 | header entry of tensor 'a'",
        "{'a':null} | 0 | header entry of tensor 'a'",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[8],"
            + "'data_offsets':[4,12]}} | 12 | 'a' and 'b' overlap",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[8],"
            + "'data_offsets':[0,8]}} | 8 | overlap",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[8],"
            + "'data_offsets':[9,17]}} | 17 | bytes 8 to 9 of the data belong to no tensor",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[1,9]}} | 9 | bytes 0 to 1",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | 9 | bytes 8 to 9",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'a':{'dtype':'U8','shape':[8],"
            + "'data_offsets':[8,16]}} | 16 | names tensor 'a' twice",
        "{'__metadata__':{'k':'v'},'__metadata__':{}} | 0 | __metadata__ twice",
        "{'__metadata__':{'k':'v','k':'v'}} | 0 | key 'k' twice",
        "{'__metadata__':{'k':1}} | 0 | not a string under 'k'",
        "{'__metadata__':[]} | 0 | __metadata__ is not",
        "{'a':{'dtype':'U8' | 0 | not valid JSON",
        "{'a':{'dtype':'U8','shape':[ | 0 | not valid JSON",
        "{'a\\q':1} | 0 | not valid JSON",
        "{} {} | 0 | goes on after the end",
        "[] | 0 | does not start with '{'",
        "{'a':{'x':[[[[[[[[[[1]]]]]]]]]]}} | 0 | not valid JSON",
      })
  void lyingHeader(String header, int dataBytes, String message) throws IOException {
    assertInvalid(file(header.replace('\'', '"'), dataBytes), message);
  }

  @Test
  void headerLongerThanTheFile() throws IOException {
    Path file = raw(1000, "{}".getBytes(StandardCharsets.UTF_8));
    assertInvalid(file, "claims a header of 1000 bytes, but only 2 follow");
  }

  @Test
  void twoGigabyteHeaderIsRefusedBeforeAnythingIsAllocated() throws IOException {
    assertInvalid(raw(Integer.MAX_VALUE, new byte[64]), "claims a header of 2147483647 bytes");
    assertInvalid(raw(-1, new byte[64]), "claims a header of 18446744073709551615 bytes");
    Path sparse = raw(1L << 31, new byte[0]);
    try (RandomAccessFile big = new RandomAccessFile(sparse.toFile(), "rw")) {
      big.setLength(3L << 30);
    }
    assertInvalid(sparse, "claims a header of 2147483648 bytes");
  }

  @Test
  void filesTooShortForAnything() throws IOException {
    Path file = Files.createFile(folder.resolve("short"));
    assertInvalid(file, "is empty");
    for (int n = 1; n < 8; n++) {
      Files.write(file, new byte[n]);
      assertInvalid(file, "the file has " + n + " bytes");
    }
    assertInvalid(raw(0, new byte[0]), "does not start with '{'");
  }

  @Test
  void notUtf8() throws IOException {
    byte[] header = "{\"a?\":{}}".getBytes(StandardCharsets.US_ASCII);
    header[3] = (byte) 0xC0;
    assertInvalid(raw(header.length, header), "not valid UTF-8");
  }

  @Test
  void namesInMessagesAreEscapedAndCut() throws IOException {
    String name = "x\\n\\u0007" + "y".repeat(5000);
    Path file = file("{\"" + name + "\":{\"dtype\":\"Q\"}}", 0);
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> SafetensorsFile.open(file).close());
    assertTrue(e.getMessage().length() < 500, e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    assertTrue(e.getMessage().contains("\\u000a\\u0007yyy"), e.getMessage());
  }

  @Test
  void missingFileFolderAndPointer() throws IOException {
    assertInvalid(folder.resolve("absent.safetensors"), "no such file");
    assertInvalid(folder, "is a folder");
    Path pointer = folder.resolve("pointer");
    Files.writeString(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    assertInvalid(pointer, "Git LFS pointer");
  }

  /** What a file is instead, and what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "<!DOCTYPE html><html>login</html> | is a web page (HTML)",
        "`\\n <html lang='en'>` | is a web page (HTML)",
        "<?xml version='1.0'?><Error>AccessDenied</Error> | is an XML document",
        "{'metadata': {'total_size': 1}} | is a JSON file",
        "GGUF...............  | is a GGUF file",
        "PK\\3\\4............ | is a zip archive",
        "not tensors, but words | is a text file",
        "version https://git-lfs.github.com/spec/v1 | is a Git LFS pointer",
      })
  void otherKindsOfFilesAreNamed(String start, String what) throws IOException {
    String text = start.translateEscapes();
    Path file = Files.writeString(folder.resolve("other"), text);
    assertInvalid(file, what);
    assertInvalid(file, "not a safetensors file: ");
  }

  @Test
  void unknownTensor() throws IOException {
    Path path = file("{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> file.entry("transformer.b"));
      assertEquals(path + ": has no tensor 'transformer.b' among its 1", e.getMessage());
    }
  }

  private static void assertInvalid(Path file, String expected) {
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> SafetensorsFile.open(file).close());
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private Path file(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(json.length + dataBytes).put(json);
    return raw(json.length, all.array());
  }

  private Path raw(long headerLength, byte[] rest) throws IOException {
    Path file = Files.createTempFile(folder, "hostile", ".safetensors");
    ByteBuffer all = ByteBuffer.allocate(8 + rest.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(file, all.putLong(headerLength).put(rest).array());
    return file;
  }
}
