package org.diffusionnft.reports;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.http.PageServer;

/** The report of runs, served while they are in progress. */
public final class Dashboard {
  private Dashboard() {}

  /**
   * Starts the server.
   *
   * @param host {@link org.diffusionnft.http.LocalServer#THIS_MACHINE}, or a name or address of
   *     this machine for access by others, 0.0.0.0 for all: anyone who can reach it sees prompts,
   *     settings and pictures
   * @param port 0 for any free one
   * @throws IOException if a folder holds no run, or the port is taken
   * @throws org.diffusionnft.tensor.InvalidInputException if this machine does not have that
   *     address
   */
  public static PageServer start(List<Path> runs, String host, int port) throws IOException {
    SharedPage page = new SharedPage(runs);
    return PageServer.bind(host, port)
        .start(
            page.policy(),
            path ->
                switch (path) {
                  case "/" -> PageServer.Answer.page(page.html());
                  case "/data.json" ->
                      new PageServer.Answer("application/json", List.of(page.data()));
                  default -> null;
                });
  }
}
