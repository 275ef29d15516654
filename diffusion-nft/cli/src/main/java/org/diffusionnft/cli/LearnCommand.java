package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.images.Png;
import org.diffusionnft.studies.course.Chapter;
import org.diffusionnft.studies.course.Trial;
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
          + " samples to update, 6 what it is not. Takes seconds."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LearnCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CHAPTER", description = "1 to 6.")
  private int number;

  @Option(names = "--out", paramLabel = "FILE", description = "Default: chapter-N.png.")
  private @Nullable Path out;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Chapters 1 and 4: steps of the solver. Default: 40, in chapter 4 10.")
  private @Nullable Integer steps;

  @Option(
      names = "--good",
      paramLabel = "N",
      description = "Chapters 2, 3, 5 and 6: how many of the 8 blobs are good. Default: 3.")
  private @Nullable Integer good;

  @Option(
      names = "--beta",
      paramLabel = "BETA",
      description = "Chapters 5 and 6: the loss's beta. Default: 1.")
  private @Nullable Double beta;

  @Override
  public Integer call() throws IOException {
    Chapter chapter = Chapter.number(number);
    Path file = out == null ? Path.of("chapter-" + number + ".png") : out;
    AtomicFile.write(file, Png.encode(chapter.draw(new Trial(steps, good, beta))));
    PrintWriter console = spec.commandLine().getOut();
    console.println(chapter.title() + ": written to " + file);
    console.flush();
    return 0;
  }
}
