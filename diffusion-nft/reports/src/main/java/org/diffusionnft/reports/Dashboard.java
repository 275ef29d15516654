package org.diffusionnft.reports;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.http.PageServer;

/** The report of runs, served while they go on. */
public final class Dashboard {
  private Dashboard() {}

  /**
   * Starts to serve.
   *
   * @param host {@link org.diffusionnft.http.LocalServer#THIS_MACHINE}, or a name or an address of
   *     this machine by which others reach it, 0.0.0.0 for all of them: whoever can reach that sees
   *     prompts, settings and pictures
   * @param port 0 for any that is free
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
