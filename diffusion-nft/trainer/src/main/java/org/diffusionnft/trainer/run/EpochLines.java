package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.weights.io.AtomicFile;

/** Files of JSON lines that begin with the number of an epoch. */
final class EpochLines {
  private static final Pattern EPOCH = Pattern.compile("\\{\"epoch\":(\\d+),.*}");

  private EpochLines() {}

  /** Keeps the complete lines of epochs up to this one. A file that is not there stays so. */
  static void dropAfter(Path file, long epoch) throws IOException {
    if (Files.exists(file)) {
      List<String> kept =
          Files.readAllLines(file).stream().filter(line -> epochOf(line) <= epoch).toList();
      AtomicFile.write(file, String.join("\n", kept) + (kept.isEmpty() ? "" : "\n"));
    }
  }

  private static long epochOf(String line) {
    Matcher matcher = EPOCH.matcher(line);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : Long.MAX_VALUE;
  }
}
