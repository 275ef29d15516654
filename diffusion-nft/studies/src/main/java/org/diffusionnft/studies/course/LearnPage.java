package org.diffusionnft.studies.course;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.reports.PageTemplate;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The course as an interactive page. Everything that it shows is computed here, for every slider
 * position; its scripts only look up, draw, and interpolate linearly between noise levels. It is
 * one HTML file, so it works both from a server and from a folder.
 */
public final class LearnPage {
  private static final List<String> SCRIPTS =
      List.of("data", "plane", "figure", "flow", "policies", "update", "race", "page");

  private final PageTemplate.Filled page;
  private final String html;

  private LearnPage(PageTemplate.Filled page, String html) {
    this.page = page;
    this.html = html;
  }

  /** Computes the page's data, which takes half a minute on one core. */
  public static LearnPage compute() throws IOException {
    StringBuilder script = new StringBuilder();
    for (String name : SCRIPTS) {
      script.append(resource(name + ".js"));
    }
    PageTemplate.Filled page =
        PageTemplate.fill(
            resource("learn.html"),
            Map.of(
                "TITLE", "DiffusionNFT, to play with",
                "STYLE", resource("learn.css"),
                "SCRIPT", script.toString()));
    return new LearnPage(page, page.with(data()));
  }

  private static ObjectNode data() {
    CompletableFuture<ObjectNode> race = CompletableFuture.supplyAsync(RaceFigure::json);
    ToyWorld world = ToyWorld.eight();
    ObjectNode json = StrictJson.object();
    json.put("unit", Packed.UNIT).put("spread", ToyWorld.SPREAD);
    json.put("centres", Packed.vectors(world.blobs().stream().map(ToyWorld.Blob::centre).toList()));
    json.set("policies", PolicyFigure.json());
    json.set("flow", FlowFigure.json(world));
    json.set("update", UpdateFigure.json(world));
    json.set("race", race.join());
    return json;
  }

  /** The page. */
  public String html() {
    return html;
  }

  /**
   * Writes the page, for any web server or for opening as a file.
   *
   * @param folder created if missing
   * @return the file
   * @throws InvalidInputException if it is not a folder
   */
  public Path write(Path folder) throws IOException {
    requireFolder(folder);
    Path file = Files.createDirectories(folder).resolve("index.html");
    AtomicFile.write(file, html);
    return file;
  }

  /**
   * Checks that a folder can be written to.
   *
   * @throws InvalidInputException if it exists and is not a folder
   */
  public static void requireFolder(Path folder) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          "--export needs a folder, and " + folder + " is none: name another");
    }
  }

  /** Starts to serve the page. */
  public void serve(PageServer server) {
    byte[] bytes = html.getBytes(UTF_8);
    server.start(
        page.policy(), path -> path.equals("/") ? PageServer.Answer.page(List.of(bytes)) : null);
  }

  private static String resource(String name) throws IOException {
    return PageTemplate.text(name, LearnPage.class.getResourceAsStream(name));
  }
}
