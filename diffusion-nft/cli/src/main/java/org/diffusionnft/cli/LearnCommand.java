package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.images.Png;
import org.diffusionnft.studies.course.Chapter;
import org.diffusionnft.studies.course.LearnPage;
import org.diffusionnft.studies.course.Trial;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.AtomicFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft learn}: the course, as an interactive page or the picture of a chapter. */
@Command(
    name = "learn",
    description = {
      "Without a number, serves the course as an interactive page on this machine until"
          + " interrupted; with --export, writes that page instead. With the number of a chapter"
          + " of docs/course, draws its picture: 1 flow matching, 2 policies as velocity fields,"
          + " 3 the positive and the negative policy, 4 why no likelihood, 5 from samples to"
          + " update, 6 what it is not. The page takes half a minute, a"
          + " picture seconds."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LearnCommand implements Callable<Integer> {
  private static final int USUAL_PORT = 6008;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CHAPTER", arity = "0..1", description = "1 to 6.")
  private @Nullable Integer number;

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description =
          "Writes the page to DIR/index.html. It works on any web server and when opened as a"
              + " file.")
  private @Nullable Path export;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port of the page, 0 for any free one. Default: " + USUAL_PORT + ".")
  private @Nullable Integer port;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The picture of a chapter. Default: chapter-N.png.")
  private @Nullable Path out;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Chapters 1 and 4: steps of the solver. Default: 40; in chapter 4, 10.")
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
    if (number != null) {
      requireNone("is about the page; leave out the chapter", "--export", "--port");
      return draw(number);
    }
    requireNone(
        "is about a chapter's picture; name one, 1 to 6", "--out", "--steps", "--good", "--beta");
    if (export == null) {
      return serve(port == null ? USUAL_PORT : port);
    }
    requireNone("serves the page, and --export writes it; leave one of them out", "--port");
    LearnPage.requireFolder(export);
    tell("the course: written to " + page().write(export));
    return 0;
  }

  private void requireNone(String why, String... options) {
    for (String option : options) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InvalidInputException(option + " " + why);
      }
    }
  }

  private int draw(int number) throws IOException {
    Chapter chapter = Chapter.number(number);
    Path file = out == null ? Path.of("chapter-" + number + ".png") : out;
    AtomicFile.write(file, Png.encode(chapter.draw(new Trial(steps, good, beta))));
    tell(chapter.title() + ": written to " + file);
    return 0;
  }

  private int serve(int port) throws IOException {
    // The port is bound first, so that an occupied one is reported without a wait.
    try (PageServer server = PageServer.bind(LocalServer.THIS_MACHINE, port)) {
      page().serve(server);
      tell("the course: " + server.address() + " (Ctrl-C ends it)");
      server.await();
      return 0;
    }
  }

  private LearnPage page() throws IOException {
    tell("computing what the page shows (half a minute of one core) ...");
    return LearnPage.compute();
  }

  private void tell(String line) {
    PrintWriter console = spec.commandLine().getOut();
    console.println(line);
    console.flush();
  }
}
