package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits normalised text into the pieces that the model encodes one by one. */
public sealed interface PreTokenizer {

  /** The pieces in order. */
  List<String> split(String text);

  /** Each match of a pattern is a piece; the rest is dropped. */
  record Matches(Pattern pattern) implements PreTokenizer {
    @Override
    public List<String> split(String text) {
      List<String> pieces = new ArrayList<>();
      Matcher matcher = pattern.matcher(text);
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) {
          pieces.add(matcher.group());
        }
      }
      return pieces;
    }
  }

  /** GPT-2's pieces, every byte of their UTF-8 written as one of {@link ByteAlphabet}'s letters. */
  record ByteLevel() implements PreTokenizer {
    private static final Pattern PIECES =
        Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    @Override
    public List<String> split(String text) {
      return new Matches(PIECES).split(text).stream().map(ByteAlphabet::write).toList();
    }
  }

  /** Splits at white space. */
  record WhitespaceSplit() implements PreTokenizer {
    @Override
    public List<String> split(String text) {
      List<String> pieces = new ArrayList<>();
      int start = 0;
      for (int i = 0; i <= text.length(); i++) {
        if (i == text.length() || Whitespace.is(text.charAt(i))) {
          if (i > start) {
            pieces.add(text.substring(start, i));
          }
          start = i + 1;
        }
      }
      return pieces;
    }
  }

  /**
   * SentencePiece's space handling: each space becomes {@code ▁}, the text gets one in front, and
   * pieces start at it.
   */
  record Metaspace() implements PreTokenizer {
    /** SentencePiece's symbol for a space. */
    static final char SIGN = '\u2581';

    @Override
    public List<String> split(String text) {
      String spaced = text.replace(' ', SIGN);
      if (spaced.isEmpty() || spaced.charAt(0) != SIGN) {
        spaced = SIGN + spaced;
      }
      List<String> pieces = new ArrayList<>();
      int start = 0;
      for (int i = 1; i <= spaced.length(); i++) {
        if (i == spaced.length() || spaced.charAt(i) == SIGN) {
          pieces.add(spaced.substring(start, i));
          start = i;
        }
      }
      return pieces;
    }
  }

  /** BERT's words: the text between spaces, with every punctuation mark on its own. */
  record BertWords() implements PreTokenizer {
    private static final Pattern WORDS =
        Pattern.compile("[!-/:-@\\[-`{-~\\p{P}]|[^\\s!-/:-@\\[-`{-~\\p{P}]+");

    @Override
    public List<String> split(String text) {
      List<String> pieces = new ArrayList<>();
      for (String word : new WhitespaceSplit().split(text)) {
        pieces.addAll(new Matches(WORDS).split(word));
      }
      return pieces;
    }
  }

  /** Pre-tokenizers applied in order, each to the pieces of the one before. */
  record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
    @Override
    public List<String> split(String text) {
      List<String> pieces = List.of(text);
      for (PreTokenizer step : steps) {
        pieces = pieces.stream().flatMap(p -> step.split(p).stream()).toList();
      }
      return pieces;
    }
  }
}
