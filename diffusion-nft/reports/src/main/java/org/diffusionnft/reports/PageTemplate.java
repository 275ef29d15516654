package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pages made of an HTML file with places such as {@code /*STYLE*}{@code /}, and of what is put
 * there. A page shows data: it holds them as JSON, and a script makes elements of them.
 */
final class PageTemplate {
  private static final Pattern PLACE = Pattern.compile("/\\*([A-Z]+)\\*/");

  private PageTemplate() {}

  /**
   * Fills all places of a template; what is put there is taken as it is.
   *
   * @param name of the template
   * @param parts by the name of their place, beside {@code ELEMENTS}: functions for scripts
   */
  static String fill(String name, Map<String, String> parts) throws IOException {
    String elements = resource("elements.js");
    return PLACE
        .matcher(resource(name))
        .replaceAll(
            place ->
                Matcher.quoteReplacement(
                    place.group(1).equals("ELEMENTS") ? elements : part(parts, place.group(1))));
  }

  private static String part(Map<String, String> parts, String place) {
    String part = parts.get(place);
    if (part == null) {
      throw new IllegalArgumentException("nothing is given for " + place);
    }
    return part;
  }

  /** Data such that no text in them ends the script element that they stand in. */
  static String data(JsonNode json) {
    return json.toString().replace("<", "\\u003c");
  }

  /** A text file of this package, or by its whole path one of a library. */
  static String resource(String name) throws IOException {
    try (InputStream stream = PageTemplate.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing in this build");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
