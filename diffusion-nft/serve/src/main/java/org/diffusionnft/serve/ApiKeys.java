package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.io.TextFile;

/** Who may use a server: a file of keys, one a line; lines that begin with # are notes. */
public final class ApiKeys {
  private static final String BEARER = "Bearer ";
  private static final int SHORTEST = 16;

  private final List<byte[]> digests;

  private ApiKeys(List<byte[]> digests) {
    this.digests = digests;
  }

  /** No keys: everybody may. */
  public static ApiKeys none() {
    return new ApiKeys(List.of());
  }

  /**
   * Reads a file.
   *
   * @throws InvalidFileException if it holds no key, or one that is shorter than 16 characters
   */
  public static ApiKeys read(Path file) throws IOException {
    List<String> keys =
        TextFile.read(file)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    if (keys.isEmpty()) {
      throw new InvalidFileException(file, "holds no key: write one on a line of its own");
    }
    if (keys.stream().anyMatch(key -> key.length() < SHORTEST)) {
      throw new InvalidFileException(
          file, "holds a key of less than " + SHORTEST + " characters: make it longer");
    }
    return new ApiKeys(keys.stream().map(ApiKeys::digest).toList());
  }

  /** Whether a key is needed at all. */
  boolean areNeeded() {
    return !digests.isEmpty();
  }

  /** Whether a request may be followed; takes equally long whichever key it is. */
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
    // Of equal length, so that not even that can be timed.
    return Sha256.of(key.getBytes(StandardCharsets.UTF_8)).getBytes(StandardCharsets.US_ASCII);
  }
}
