package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.images.Png;
import org.diffusionnft.studies.course.Chapter;
import org.diffusionnft.weights.io.AtomicFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft learn}: the pictures of the course. */
@Command(
    name = "learn",
    description = {
      "Draws the picture of a chapter of the course in docs/course: 1 flow matching, 2 policies as"
          + " velocity fields, 3 the positive and the negative policy, 4 why no likelihood, 5 from"
          + " samples to update. Takes seconds."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LearnCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CHAPTER", description = "1 to 5.")
  private int number;

  @Option(names = "--out", paramLabel = "FILE", description = "Default: chapter-N.png.")
  private @Nullable Path out;

  @Override
  public Integer call() throws IOException {
    Chapter chapter = Chapter.number(number);
    Path file = out == null ? Path.of("chapter-" + number + ".png") : out;
    AtomicFile.write(file, Png.encode(chapter.draw()));
    PrintWriter console = spec.commandLine().getOut();
    console.println(chapter.title() + ": written to " + file);
    console.flush();
    return 0;
  }
}
