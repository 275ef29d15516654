package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.tokenizer.TokenizerFolder;
import org.diffusionnft.weights.tokenizer.TokenizerFolder.Form;

/**
 * Tokenizers: the ids of every text in {@code texts.json}, for every form of the vocabulary in a
 * tokenizer's folder. No id may differ.
 */
final class TokenizersCase implements CaseKind {
  private static final String TEXTS = "texts.json";
  private static final String DECODED = "decoded.json";
  private static final Pattern OUTPUT =
      Pattern.compile("(.+)\\.(ids|attention_mask)_(\\d{1,6})|(.+)\\.(full_len)");

  /** The length for encoding a text if only its number of ids is needed. */
  private static final int ANY_LENGTH = 77;

  @Override
  public String name() {
    return "tokenizers";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return Files.exists(folder.path().resolve(TEXTS))
        && folder.expected().names().stream().anyMatch(n -> n.contains(".ids_"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    List<String> texts = new ArrayList<>();
    StrictJson.readArray(folder.path().resolve(TEXTS)).forEach(t -> texts.add(t.asText()));
    Map<Path, Tokenizer> opened = new HashMap<>();
    for (String name : folder.expected().names()) {
      Matcher output = OUTPUT.matcher(name);
      if (output.matches()) {
        boolean lengths = output.group(5) != null;
        Path from = folder.path().resolve(output.group(lengths ? 4 : 1));
        for (Form form : TokenizerFolder.forms(from)) {
          Path file = from.resolve(form.file());
          if (!opened.containsKey(file)) {
            opened.put(file, TokenizerFolder.open(from, form));
          }
          Tokenizer tokenizer = opened.get(file);
          String label = name + " from " + form.file();
          if (lengths) {
            compare(checks, label, name, 0, texts, t -> length(tokenizer, t));
          } else {
            int length = Integer.parseInt(output.group(3));
            boolean mask = output.group(2).equals("attention_mask");
            compare(checks, label, name, length, texts, t -> row(tokenizer, t, length, mask));
          }
        }
      }
    }
    decoded(folder, checks, texts);
  }

  private interface Row {
    long[] of(String text);
  }

  private static long[] length(Tokenizer tokenizer, String text) {
    return new long[] {tokenizer.encode(text, ANY_LENGTH).fullLength()};
  }

  private static long[] row(Tokenizer tokenizer, String text, int length, boolean mask) {
    Encoded encoded = tokenizer.encode(text, length);
    if (!mask) {
      return encoded.ids();
    }
    long[] used = new long[length];
    Arrays.fill(used, 0, encoded.used(), 1);
    return used;
  }

  private static void compare(
      Checks checks, String label, String name, int length, List<String> texts, Row row)
      throws InvalidFileException {
    double[] all = new double[texts.size() * Math.max(1, length)];
    int at = 0;
    for (String text : texts) {
      for (long id : row.of(text)) {
        all[at++] = id;
      }
    }
    Shape shape = length == 0 ? Shape.of(texts.size()) : Shape.of(texts.size(), length);
    checks.values(label, name, shape, all, Margin.exact());
  }

  private static void decoded(CaseFolder folder, Checks checks, List<String> texts)
      throws IOException {
    Path file = folder.path().resolve(DECODED);
    JsonNode expected =
        Files.exists(file)
            ? StrictJson.readObject(file).path("clip_decode_skip_special")
            : StrictJson.object();
    if (expected.isEmpty()) {
      return;
    }
    Tokenizer tokenizer = TokenizerFolder.open(folder.path().resolve("clip"));
    int wrong = 0;
    for (int i = 0; i < texts.size(); i++) {
      String back = tokenizer.decode(tokenizer.encode(texts.get(i), 256).ids());
      wrong += back.equals(expected.path(i).asText()) ? 0 : 1;
    }
    checks.none("clip.decoded", wrong);
  }
}
