package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.List;

/**
 * What the classes of a reader stand for.
 *
 * @param entries a text for each; the first is the blank between letters
 */
public record Vocabulary(List<String> entries) {

  /**
   * A line that was read.
   *
   * @param text may be empty
   * @param score the mean probability of its letters, 0 for none
   */
  public record Line(String text, double score) {}

  /** A dictionary file's lines, with the blank before and a space behind. */
  public static Vocabulary of(List<String> dictionary) {
    List<String> entries = new ArrayList<>();
    entries.add("");
    entries.addAll(dictionary);
    entries.add(" ");
    return new Vocabulary(entries);
  }

  /** Number of classes. */
  public int size() {
    return entries.size();
  }

  /**
   * The likeliest letter at each place, repetitions and blanks left out (greedy CTC).
   *
   * @param probabilities rows of as many numbers as there are classes
   * @param first the first row
   * @param count how many rows
   */
  public Line decode(float[] probabilities, int first, int count) {
    StringBuilder text = new StringBuilder();
    double sum = 0;
    int letters = 0;
    int last = 0;
    for (int t = first; t < first + count; t++) {
      int best = 0;
      for (int c = 1; c < size(); c++) {
        best = probabilities[t * size() + c] > probabilities[t * size() + best] ? c : best;
      }
      if (best != 0 && (best != last || t == first)) {
        text.append(entries.get(best));
        sum += probabilities[t * size() + best];
        letters++;
      }
      last = best;
    }
    return new Line(text.toString(), letters == 0 ? 0 : sum / letters);
  }
}
