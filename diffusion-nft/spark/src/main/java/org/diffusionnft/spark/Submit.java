package org.diffusionnft.spark;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.cli.Dnft;

/**
 * The entry point for {@code spark-submit}: the command line, on the cluster given to {@code
 * spark-submit}.
 */
public final class Submit {
  private static final String OPTION = "--spark-master";

  private Submit() {}

  /** {@code train --config FILE ...}, as on the command line. */
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
