package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.StrictJson;

/** Text, tables and pictures one below the other, as one self-contained HTML file. */
public final class DocumentPage {
  private final ObjectNode page = StrictJson.object();
  private final ArrayNode blocks;

  /** A page with a title. */
  public DocumentPage(String title) {
    page.put("title", title);
    blocks = page.putArray("blocks");
  }

  /** Adds the heading of a section. */
  public DocumentPage heading(String text) {
    blocks.addObject().put("heading", text);
    return this;
  }

  /** Adds a paragraph. */
  public DocumentPage paragraph(String text) {
    blocks.addObject().put("paragraph", text);
    return this;
  }

  /** Adds preformatted text. */
  public DocumentPage preformatted(String text) {
    blocks.addObject().put("preformatted", text);
    return this;
  }

  /**
   * Adds a table.
   *
   * @param head names of the columns
   * @param rows cells of each row; numbers are right-aligned, except in the first column
   */
  public DocumentPage table(List<String> head, List<List<String>> rows) {
    ObjectNode table = blocks.addObject().putObject("table");
    ArrayNode names = table.putArray("head");
    head.forEach(names::add);
    ArrayNode all = table.putArray("rows");
    for (List<String> row : rows) {
      ArrayNode cells = all.addArray();
      row.forEach(cells::add);
    }
    return this;
  }

  /** Adds a picture. */
  public DocumentPage image(String description, byte[] png) {
    blocks
        .addObject()
        .putObject("image")
        .put("description", description)
        .put("source", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
    return this;
  }

  /** The page. */
  public String html() throws IOException {
    return PageTemplate.fill(
            PageTemplate.resource("document.html"),
            Map.of(
                "TITLE", "DiffusionNFT",
                "STYLE", PageTemplate.resource("document.css"),
                "SCRIPT", PageTemplate.resource("document.js")))
        .with(page);
  }
}
