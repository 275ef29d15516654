package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Pages from an HTML template with placeholders such as {@code /*STYLE*}{@code /}. A page holds its
 * data as JSON, and a script creates elements from them.
 */
public final class PageTemplate {
  private static final Pattern PLACE = Pattern.compile("/\\*([A-Z]+)\\*/");
  private static final String DATA = "/*DATA*/";
  private static final String POLICY = "/*POLICY*/";
  private static final String BODY = "/*BODY*/";
  private static final Pattern CODE =
      Pattern.compile("<(script|style)>(.*?)</\\1>", Pattern.DOTALL);

  private PageTemplate() {}

  /**
   * A page without its data.
   *
   * @param before the part before the data
   * @param after the part after the data
   * @param policy its content security policy: only its own scripts and styles and the embedded
   *     pictures, so that text injected by mistake is never executed
   */
  public record Filled(String before, String after, String policy) {
    /** The complete page. */
    public String with(JsonNode data) {
      return before + data(data) + after;
    }
  }

  /**
   * Fills all placeholders of a template except that of its data; values are inserted unescaped.
   *
   * @param body the HTML file with the content of the page's {@code body}
   * @param parts values by placeholder, including {@code TITLE} and {@code STYLE}, which every page
   *     has; {@code ELEMENTS}, functions for scripts, is always available
   */
  public static Filled fill(String body, Map<String, String> parts) throws IOException {
    String elements = resource("elements.js");
    String page =
        PLACE
            .matcher(resource("page.html").replace(BODY, body))
            .replaceAll(
                place ->
                    Matcher.quoteReplacement(
                        switch (place.group(1)) {
                          case "ELEMENTS" -> elements;
                          case "DATA", "POLICY" -> place.group();
                          default -> part(parts, place.group(1));
                        }));
    String policy = policy(page);
    String safe = page.replace(POLICY, policy);
    int data = safe.indexOf(DATA);
    return new Filled(safe.substring(0, data), safe.substring(data + DATA.length()), policy);
  }

  /** The policy that lists the scripts and styles of a page by their SHA-256. */
  private static String policy(String page) {
    StringBuilder scripts = new StringBuilder("script-src");
    StringBuilder styles = new StringBuilder("style-src");
    Matcher code = CODE.matcher(page);
    while (code.find()) {
      (code.group(1).equals("script") ? scripts : styles)
          .append(" 'sha256-")
          .append(Base64.getEncoder().encodeToString(sha256(code.group(2))))
          .append('\'');
    }
    return "default-src 'none'; %s; %s; img-src data:; connect-src 'self'; base-uri 'none'"
        .formatted(scripts, styles);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has SHA-256
    }
  }

  private static String part(Map<String, String> parts, String place) {
    String part = parts.get(place);
    if (part == null) {
      throw new IllegalArgumentException("nothing is given for " + place);
    }
    return part;
  }

  /** Encodes data such that no text in them ends the enclosing script element. */
  static String data(JsonNode json) {
    return json.toString().replace("<", "\\u003c");
  }

  /** A text file of this package, or of a library by its full path. */
  static String resource(String name) throws IOException {
    if (!name.startsWith("/")) {
      return text(name, PageTemplate.class.getResourceAsStream(name));
    }
    // A class in a module only finds files of its own module; those of a library need the loader.
    ClassLoader loader = PageTemplate.class.getClassLoader();
    return text(name, loader == null ? null : loader.getResourceAsStream(name.substring(1)));
  }

  /**
   * Reads a bundled text file to its end.
   *
   * @param opened the result of {@link Class#getResourceAsStream} for its name
   */
  public static String text(String name, @Nullable InputStream opened) throws IOException {
    try (InputStream stream = opened) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing in this build");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
