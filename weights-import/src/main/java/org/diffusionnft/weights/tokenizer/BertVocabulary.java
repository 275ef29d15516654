package org.diffusionnft.weights.tokenizer;

import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.models.tokenizer.WordPiece;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.TextFile;

/** BERT's {@code vocab.txt}: one token per line; the line index is its id. */
public final class BertVocabulary {
  private static final int MOST = 1 << 20;

  private BertVocabulary() {}

  /**
   * BERT's uncased tokenizer with this vocabulary.
   *
   * @param appended special tokens with the ids after it, as in BLIP
   * @throws InvalidFileException if the file is missing or not a BERT vocabulary
   */
  public static Tokenizer open(Path file, List<String> appended) throws InvalidFileException {
    List<String> tokens = TextFile.read(file).lines().limit(MOST + 1L).toList();
    if (tokens.size() > MOST) {
      throw new InvalidFileException(file, "has more than " + MOST + " lines, too many tokens");
    }
    try {
      return Tokenizer.bert(new WordPiece(tokens), appended);
    } catch (InvalidInputException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }
}
