package org.diffusionnft.spark;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.cli.Dnft;

/**
 * What {@code spark-submit} starts: the command line, on the cluster that {@code spark-submit} was
 * told.
 */
public final class Submit {
  private static final String OPTION = "--spark-master";

  private Submit() {}

  /** {@code train --config FILE ...}, as the command line takes it. */
  public static void main(String[] args) {
    String master = System.getProperty(Settings.MASTER);
    List<String> words = new ArrayList<>(List.of(args));
    boolean said = words.stream().anyMatch(word -> word.startsWith(OPTION));
    if (master != null && !said && words.contains("train")) {
      words.addAll(List.of(OPTION, master));
    }
    Dnft.main(words.toArray(String[]::new));
  }
}
