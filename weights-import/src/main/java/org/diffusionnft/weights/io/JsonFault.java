package org.diffusionnft.weights.io;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes a JSON syntax error in words for the author of the text: the parser's own messages name
 * its classes and options.
 */
public final class JsonFault {
  private static final Pattern DUPLICATE = Pattern.compile("Duplicate [^'\"]*['\"](.{0,200})['\"]");
  private static final Pattern NUMBER = Pattern.compile("(?i).*(?:NaN|Infinity|INF\\b).*");

  private JsonFault() {}

  /** The fault and its location, as the rest of a sentence after a colon. */
  public static String of(JsonProcessingException e) {
    String said = String.valueOf(e.getOriginalMessage());
    Matcher duplicate = DUPLICATE.matcher(said);
    if (duplicate.lookingAt()) {
      return at(e) + "key " + quote(duplicate.group(1)) + " stands twice in one object";
    }
    return switch (e) {
      case StreamConstraintsException _ ->
          at(e) + "it is nested too deeply, or has too many or too long values";
      case JsonEOFException _ -> at(e) + "it ends before all brackets and quotes are closed";
      case MismatchedInputException _ -> at(e) + "there is more after the end of the value";
      default ->
          at(e)
              + (said.contains("Non-standard token") && NUMBER.matcher(said).matches()
                  ? "NaN and infinity are no numbers of JSON"
                  : "check quotes, commas and brackets there");
    };
  }

  private static String at(JsonProcessingException e) {
    JsonLocation place = e.getLocation();
    return place == null || place.getLineNr() < 1
        ? ""
        : "line %d, column %d: ".formatted(place.getLineNr(), place.getColumnNr());
  }
}
