package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.io.TextFile;

/**
 * The API keys of a server: from a file with one key per line; lines that begin with # are
 * comments.
 */
public final class ApiKeys {
  private static final String BEARER = "Bearer ";
  private static final int SHORTEST = 16;

  private final List<byte[]> digests;

  private ApiKeys(List<byte[]> digests) {
    this.digests = digests;
  }

  /** No keys: access for everyone. */
  public static ApiKeys none() {
    return new ApiKeys(List.of());
  }

  /**
   * Reads a file.
   *
   * @throws InvalidFileException if it holds no key, a key shorter than 16 characters, or one that
   *     no client can send; the message names the line and does not show the key
   */
  public static ApiKeys read(Path file) throws IOException {
    List<byte[]> digests = new ArrayList<>();
    List<String> lines = TextFile.read(file).lines().map(String::strip).toList();
    for (int i = 0; i < lines.size(); i++) {
      String key = lines.get(i);
      if (!key.isEmpty() && !key.startsWith("#")) {
        requireGood(file, i + 1, key);
        digests.add(digest(key));
      }
    }
    if (digests.isEmpty()) {
      throw new InvalidFileException(file, "holds no key: write one on a line of its own");
    }
    return new ApiKeys(digests);
  }

  private static void requireGood(Path file, int line, String key) throws InvalidFileException {
    if (!key.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw new InvalidFileException(
          file,
          "has in line %d a key with a character that no client can send: use visible characters of"
                  .formatted(line)
              + " ASCII, without spaces");
    }
    if (key.length() < SHORTEST) {
      throw new InvalidFileException(
          file,
          "has in line %d a key of less than %d characters: make it longer"
              .formatted(line, SHORTEST));
    }
  }

  /** Whether a key is needed at all. */
  boolean areNeeded() {
    return !digests.isEmpty();
  }

  /** Whether a request is allowed, in constant time for all keys. */
  boolean allow(String authorization) {
    if (!areNeeded()) {
      return true;
    }
    if (!authorization.startsWith(BEARER)) {
      return false;
    }
    byte[] given = digest(authorization.substring(BEARER.length()).strip());
    boolean found = false;
    for (byte[] digest : digests) {
      found |= MessageDigest.isEqual(digest, given);
    }
    return found;
  }

  private static byte[] digest(String key) {
    // Hashed to equal length, so that not even the length can be measured.
    return Sha256.of(key.getBytes(StandardCharsets.UTF_8)).getBytes(StandardCharsets.US_ASCII);
  }
}
