package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.reports.Dashboard;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft dashboard}: a page of runs that is updated as they progress. */
@Command(
    name = "dashboard",
    description = {
      "Serves the page of 'dnft report' on this machine and keeps it up to date during runs,"
          + " until interrupted."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DashboardCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs.")
  private List<Path> runs;

  @Option(
      names = "--host",
      paramLabel = "NAME|ADDRESS",
      defaultValue = LocalServer.THIS_MACHINE,
      description = {
        "Address to listen on, 0.0.0.0 for all, as in a container. Anyone who can reach it sees"
            + " prompts, settings and pictures. Default: ${DEFAULT-VALUE}, this machine only."
      })
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "6007",
      description = "Port to listen on, 0 for any free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Override
  public Integer call() throws IOException {
    try (PageServer dashboard = Dashboard.start(runs, host, port)) {
      PrintWriter console = spec.commandLine().getOut();
      console.println("dashboard: " + dashboard.address() + " (Ctrl-C ends it)");
      console.flush();
      if (dashboard.isOpenToOthers()) {
        spec.commandLine()
            .getErr()
            .println(
                "dnft: warning: whoever can reach this machine's port "
                    + port
                    + " can read these runs' prompts, settings and pictures; without --host nobody"
                    + " else can");
      }
      dashboard.await();
      return 0;
    }
  }
}
