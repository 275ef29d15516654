package org.diffusionnft.weights.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The kind of a file by its first bytes, for messages about a wrong file. */
public enum FileKind {
  /** No bytes. */
  EMPTY("is empty", "the download was cut off: get it again"),
  /** Disk space reserved for a download but never filled. */
  ZEROS("begins with zeros only", "the download was cut off: get it again"),
  /** The placeholder for a large file in a Git repository. */
  GIT_LFS("is a Git LFS pointer", "fetch the file itself with 'git lfs pull'"),
  /** A server's answer instead of a file. */
  HTML(
      "is a web page (HTML)",
      "download the file itself, not the page about it; gated files need a login"),
  /** An answer of a storage server. */
  XML("is an XML document", "it may be a server's error message: open it with an editor"),
  /** Configurations and indexes. */
  JSON(
      "is a JSON file",
      "name the folder that it is in, or the file of tensors that it stands beside"),
  /** A language model for llama.cpp, or a quantised diffusion model. */
  GGUF("is a GGUF file", "its quantised numbers are not supported: get the safetensors file"),
  /** A file of torch.save, among others. */
  ZIP(
      "is a zip archive, as PyTorch's .pt, .pth and .bin files are",
      "load it in Python and save it with safetensors"),
  /** A file of torch.save before PyTorch 1.6, or of pickle. */
  PICKLE("is a Python pickle", "load it in Python and save it with safetensors"),
  /** Compressed. */
  GZIP("is compressed (gzip)", "unpack it first"),
  /** Compressed. */
  ZSTD("is compressed (zstd)", "unpack it first"),
  /** A NumPy array. */
  NUMPY("is a NumPy array", "save its tensors with safetensors"),
  /** A checkpoint of Keras and others. */
  HDF5("is an HDF5 file", "get the model as safetensors"),
  /** An image. */
  PNG("is a PNG picture", "name the file of tensors"),
  /** An image. */
  JPEG("is a JPEG picture", "name the file of tensors"),
  /** A document. */
  PDF("is a PDF document", "name the file of tensors"),
  /** Tensors by name. */
  SAFETENSORS("is a safetensors file", "give it where tensors are expected"),
  /** Any other readable text. */
  TEXT("is a text file", "open it with an editor to see what it says"),
  /** Anything else. */
  UNKNOWN("is none", "");

  private static final int LOOKED_AT = 512;
  private static final long LONGEST_HEADER = 100_000_000;

  private final String sentence;
  private final String advice;

  FileKind(String sentence, String advice) {
    this.sentence = sentence;
    this.advice = advice;
  }

  /**
   * The kind of a file.
   *
   * @throws InvalidFileException if it cannot be read
   */
  public static FileKind of(Path file) throws InvalidFileException {
    try (InputStream in = Files.newInputStream(file)) {
      return of(in.readNBytes(LOOKED_AT));
    } catch (IOException e) {
      throw new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  private static FileKind of(byte[] start) {
    if (start.length == 0) {
      return EMPTY;
    }
    String latin = new String(start, StandardCharsets.ISO_8859_1);
    if (latin.chars().allMatch(c -> c == 0)) {
      return ZEROS;
    }
    String bare = latin.startsWith("\u00ef\u00bb\u00bf") ? latin.substring(3) : latin;
    String text = bare.strip().toLowerCase(Locale.ROOT);
    if (latin.startsWith("version https://git-lfs")) {
      return GIT_LFS;
    } else if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
      return HTML;
    } else if (text.startsWith("<?xml")) {
      return text.contains("<html") ? HTML : XML;
    } else if (latin.startsWith("GGUF")) {
      return GGUF;
    } else if (latin.startsWith("PK\3\4") || latin.startsWith("PK\5\6")) {
      return ZIP;
    } else if (latin.startsWith("\u0080") && start.length > 1 && start[1] >= 2 && start[1] <= 5) {
      return PICKLE;
    } else if (latin.startsWith("\u001f\u008b")) {
      return GZIP;
    } else if (latin.startsWith("(\u00b5/\u00fd")) {
      return ZSTD;
    } else if (latin.startsWith("\u0093NUMPY")) {
      return NUMPY;
    } else if (latin.startsWith("\u0089HDF\r\n")) {
      return HDF5;
    } else if (latin.startsWith("\u0089PNG\r\n")) {
      return PNG;
    } else if (latin.startsWith("\u00ff\u00d8\u00ff")) {
      return JPEG;
    } else if (latin.startsWith("%PDF-")) {
      return PDF;
    } else if (isSafetensors(start)) {
      return SAFETENSORS;
    } else if (text.startsWith("{") || text.startsWith("[")) {
      return JSON;
    }
    return latin
            .chars()
            .allMatch(c -> (c >= ' ' && c < 0x7f) || c >= 0xa0 || Character.isWhitespace(c))
        ? TEXT
        : UNKNOWN;
  }

  private static boolean isSafetensors(byte[] start) {
    long length = 0;
    for (int i = Long.BYTES - 1; i >= 0 && start.length > Long.BYTES; i--) {
      length = length << Byte.SIZE | (start[i] & 0xff);
    }
    return length > 0 && length <= LONGEST_HEADER && start[Long.BYTES] == '{';
  }

  /**
   * Reports the actual kind of a file that is not of the expected kind; does nothing if it is
   * unknown.
   *
   * @param expected with its article, such as {@code a safetensors file}
   * @throws InvalidFileException if the file is known to be something else
   */
  public static void refuse(Path file, String expected) throws InvalidFileException {
    FileKind kind = of(file);
    if (kind != UNKNOWN) {
      throw new InvalidFileException(
          file, kind.sentence + ", not " + expected + ": " + kind.advice);
    }
  }
}
