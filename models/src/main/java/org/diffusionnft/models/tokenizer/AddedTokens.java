package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The added tokens of a tokenizer; the leftmost, then longest match wins. */
final class AddedTokens {
  /** Either a token or text between tokens. */
  record Section(String text, @Nullable AddedToken token) {}

  private record Sought(String text, AddedToken token) {}

  private final TextNormalizer normalizer;
  private final List<Sought> asGiven = new ArrayList<>();
  private final List<Sought> normalized = new ArrayList<>();
  private final Set<Integer> specialIds = new HashSet<>();
  private final Map<Integer, String> contents = new HashMap<>();

  AddedTokens(List<AddedToken> tokens, TextNormalizer normalizer) {
    this.normalizer = normalizer;
    for (AddedToken token : tokens) {
      if (token.normalized()) {
        add(normalized, normalizer.apply(token.content()), token);
      } else {
        add(asGiven, token.content(), token);
      }
      contents.put(token.id(), token.content());
      if (token.special()) {
        specialIds.add(token.id());
      }
    }
    Comparator<Sought> longestFirst = Comparator.comparingInt(s -> -s.text().length());
    asGiven.sort(longestFirst);
    normalized.sort(longestFirst);
  }

  private static void add(List<Sought> to, String text, AddedToken token) {
    if (!text.isEmpty()) {
      to.add(new Sought(text, token));
    }
  }

  boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  /** The text of a token, empty if there is none with that id. */
  String content(int id) {
    return contents.getOrDefault(id, "");
  }

  /** The tokens in a text and the normalised text between them. */
  List<Section> split(String text) {
    List<Section> sections = new ArrayList<>();
    for (Section section : split(text, asGiven)) {
      if (section.token() != null) {
        sections.add(section);
      } else {
        sections.addAll(split(normalizer.apply(section.text()), normalized));
      }
    }
    return sections;
  }

  private static List<Section> split(String text, List<Sought> tokens) {
    List<Section> sections = new ArrayList<>();
    int done = 0;
    int at = 0;
    while (at < text.length()) {
      Sought found = find(text, at, tokens);
      if (found == null) {
        at++;
        continue;
      }
      AddedToken token = found.token();
      int start = at;
      int end = at + found.text().length();
      at = end;
      if (token.singleWord() && (isWordBefore(text, start) || isWordAt(text, end))) {
        continue;
      }
      if (token.stripLeft()) {
        while (start > done && Whitespace.is(text.charAt(start - 1))) {
          start--;
        }
      }
      if (token.stripRight()) {
        while (end < text.length() && Whitespace.is(text.charAt(end))) {
          end++;
        }
      }
      if (start > done) {
        sections.add(new Section(text.substring(done, start), null));
      }
      sections.add(new Section(text.substring(start, end), token));
      done = end;
      at = end;
    }
    if (done < text.length()) {
      sections.add(new Section(text.substring(done), null));
    }
    return sections;
  }

  private static @Nullable Sought find(String text, int at, List<Sought> longestFirst) {
    for (Sought sought : longestFirst) {
      if (text.startsWith(sought.text(), at)) {
        return sought;
      }
    }
    return null;
  }

  private static boolean isWordBefore(String text, int at) {
    return at > 0 && isWord(text.codePointBefore(at));
  }

  private static boolean isWordAt(String text, int at) {
    return at < text.length() && isWord(text.codePointAt(at));
  }

  private static boolean isWord(int c) {
    return Character.isLetterOrDigit(c)
        || c == '_'
        || Character.getType(c) == Character.NON_SPACING_MARK;
  }
}
