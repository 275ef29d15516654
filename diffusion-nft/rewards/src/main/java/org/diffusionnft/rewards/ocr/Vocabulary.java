package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.List;

/**
 * The texts that a recognizer's classes stand for.
 *
 * @param entries one text per class; the first is CTC's blank
 */
public record Vocabulary(List<String> entries) {

  /**
   * A line that was read.
   *
   * @param text may be empty
   * @param score the mean probability of its letters, 0 if there are none
   */
  public record Line(String text, double score) {}

  /** The lines of a dictionary file, preceded by the blank and followed by a space. */
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
   * Greedy CTC decoding: the likeliest letter at each position, without repetitions and blanks.
   *
   * @param probabilities rows with one number per class
   * @param first the first row
   * @param count number of rows
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
