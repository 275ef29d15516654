package org.diffusionnft.weights.tokenizer;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.tokenizer.BytePairs;
import org.diffusionnft.weights.io.InvalidFileException;

/** A {@code merges.txt}: one pair of tokens per line, best first. */
final class MergesFile {
  private static final long LARGEST_FILE = 64L << 20;

  private MergesFile() {}

  /**
   * Reads all pairs.
   *
   * @throws InvalidFileException if it is missing or a line is not a pair
   */
  static List<BytePairs.Pair> read(Path file) throws InvalidFileException {
    List<String> lines;
    try {
      long size = Files.size(file);
      if (size > LARGEST_FILE) {
        throw new InvalidFileException(file, "has " + size + " bytes, too many for merges");
      }
      lines = Files.readAllLines(file);
    } catch (InvalidFileException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(file, "no such file", e);
    } catch (CharacterCodingException e) {
      throw new InvalidFileException(file, "is not UTF-8 text", e);
    } catch (IOException e) {
      throw new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    }
    List<BytePairs.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.startsWith("#version") && !line.isBlank()) {
        pairs.add(pair(file, "line " + (i + 1), line));
      }
    }
    return pairs;
  }

  /** The pair in a line. */
  static BytePairs.Pair pair(Path file, String where, String line) throws InvalidFileException {
    int space = line.indexOf(' ');
    if (space < 1 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
      throw new InvalidFileException(
          file, where + " is " + quote(line) + ", not two tokens and a space between them");
    }
    return new BytePairs.Pair(line.substring(0, space), line.substring(space + 1));
  }
}
