package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.reports.ReportPage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft report}: a page about runs. */
@Command(
    name = "report",
    description = {
      "Writes one HTML page about runs: curves, scores, sample grids over time, best and worst"
          + " pictures. It needs no network and no other file. Several runs share their charts."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs.")
  private List<Path> runs;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The page. Default: report.html in the first run's folder.")
  private @Nullable Path out;

  @Override
  public Integer call() throws IOException {
    Path file = out == null ? runs.getFirst().resolve("report.html") : out;
    if (!file.toString().endsWith(".html")) {
      OutputFile.requireApart(file, runs.toArray(Path[]::new));
    }
    ReportPage.write(file, runs);
    PrintWriter console = spec.commandLine().getOut();
    console.println("written to " + file);
    console.flush();
    return 0;
  }
}
