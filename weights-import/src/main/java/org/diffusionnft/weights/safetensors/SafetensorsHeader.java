package org.diffusionnft.weights.safetensors;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * The JSON at the start of a safetensors file, checked as strictly as in the reference
 * implementation: the tensors must cover the data exactly, without overlaps or gaps. One check is
 * stricter: duplicate names are errors. Allocations depend on the actual contents, never on sizes
 * that the file claims.
 *
 * @param entries the tensors by name, in data order
 * @param metadata the free-form strings under {@code __metadata__}
 */
record SafetensorsHeader(Map<String, TensorEntry> entries, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";

  private static final Pattern TYPE_NAME = Pattern.compile("[A-Z][A-Z0-9_]{0,19}");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(8)
                  .maxNameLength(10_000)
                  .maxNumberLength(40)
                  .build())
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /**
   * Parses and checks a header.
   *
   * @param json the header's bytes
   * @param dataBytes number of bytes after the header in the file
   */
  static SafetensorsHeader parse(Path file, InputStream json, long dataBytes) throws IOException {
    Reader utf8 =
        new InputStreamReader(
            json,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (JsonParser parser = JSON.createParser(utf8)) {
      return new Parse(file, parser, dataBytes).header();
    } catch (CharacterCodingException e) {
      throw new InvalidFileException(file, "the safetensors header is not valid UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new InvalidFileException(
          file,
          "the safetensors header is not valid JSON: "
              + InvalidFileException.oneLine(e.getOriginalMessage()),
          e);
    }
  }

  /** One pass over the header's tokens. */
  private static final class Parse {
    private final Path file;
    private final JsonParser json;
    private final long dataBytes;
    private final Map<String, TensorEntry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Parse(Path file, JsonParser json, long dataBytes) {
      this.file = file;
      this.json = json;
      this.dataBytes = dataBytes;
    }

    SafetensorsHeader header() throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("the safetensors header is not a JSON object");
      }
      boolean metadataSeen = false;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals(METADATA)) {
          if (metadataSeen) {
            throw invalid("the safetensors header has " + METADATA + " twice");
          }
          metadataSeen = true;
          readMetadata();
        } else if (entries.put(name, readEntry(name)) != null) {
          throw invalid("the safetensors header names tensor " + quote(name) + " twice");
        }
      }
      if (json.nextToken() != null) {
        throw invalid("the safetensors header goes on after the end of its JSON object");
      }
      return new SafetensorsHeader(inOrderOfData(), metadata);
    }

    private void readMetadata() throws IOException {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        return;
      }
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw invalid(METADATA + " is not a JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw invalid(METADATA + " has a value that is not a string under " + quote(key));
        }
        if (metadata.put(key, json.getText()) != null) {
          throw invalid(METADATA + " has the key " + quote(key) + " twice");
        }
      }
    }

    private TensorEntry readEntry(String name) throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw invalid("the header entry of tensor " + quote(name) + " is not a JSON object");
      }
      StoredType type = null;
      long[] shape = null;
      long[] offsets = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        boolean twice =
            switch (field) {
              case "dtype" -> type != null;
              case "shape" -> shape != null;
              case "data_offsets" -> offsets != null;
              default -> false;
            };
        if (twice) {
          throw invalid("tensor " + quote(name) + " has the field " + quote(field) + " twice");
        }
        switch (field) {
          case "dtype" -> type = readType(name);
          case "shape" -> shape = readNumbers(name, "shape");
          case "data_offsets" -> offsets = readNumbers(name, "data_offsets");
          default -> json.skipChildren();
        }
      }
      if (type == null || shape == null || offsets == null) {
        String missing = type == null ? "dtype" : shape == null ? "shape" : "data_offsets";
        throw invalid("tensor " + quote(name) + " has no " + missing);
      }
      return checked(name, type, shape, offsets);
    }

    private StoredType readType(String name) throws IOException {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw invalid("the dtype of tensor " + quote(name) + " is not a string");
      }
      String text = json.getText();
      if (!TYPE_NAME.matcher(text).matches()) {
        throw invalid(
            "tensor "
                + quote(name)
                + " has dtype "
                + quote(text)
                + ", but names like 'F32' and 'BF16' are expected");
      }
      return StoredType.named(text);
    }

    private long[] readNumbers(String name, String field) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw invalid("the " + field + " of tensor " + quote(name) + " is not a list");
      }
      long[] numbers = new long[4];
      int count = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
            || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
            || json.getLongValue() < 0) {
          String found = json.currentToken() == null ? "nothing" : quote(json.getText());
          throw invalid(
              "the "
                  + field
                  + " of tensor "
                  + quote(name)
                  + " holds "
                  + found
                  + " where a whole number from 0 to 2^63-1 is expected");
        }
        if (count == numbers.length) {
          numbers = Arrays.copyOf(numbers, 2 * count);
        }
        numbers[count++] = json.getLongValue();
      }
      return Arrays.copyOf(numbers, count);
    }

    private TensorEntry checked(String name, StoredType type, long[] dims, long[] offsets)
        throws InvalidFileException {
      if (offsets.length != 2) {
        throw invalid(
            "tensor "
                + quote(name)
                + " has "
                + offsets.length
                + " data_offsets, but a begin and an end are expected");
      }
      if (dims.length > 64) {
        throw invalid(
            "tensor "
                + quote(name)
                + " has "
                + dims.length
                + " dimensions, more than the 64 allowed");
      }
      long begin = offsets[0];
      long end = offsets[1];
      if (end < begin || end > dataBytes) {
        throw invalid(
            "tensor "
                + quote(name)
                + " claims bytes "
                + begin
                + " to "
                + end
                + " of the data, but the file holds "
                + dataBytes
                + ": it is truncated or corrupt");
      }
      requireSize(name, type, dims, end - begin);
      return new TensorEntry(name, type, Shape.of(dims), begin, end);
    }

    /** An unknown type has at least one bit per element. */
    private void requireSize(String name, StoredType type, long[] dims, long bytes)
        throws InvalidFileException {
      int bits = Math.max(type.bits(), 1);
      boolean whole = bits % Byte.SIZE == 0;
      long needed =
          whole
              ? size(name, bits / Byte.SIZE, dims)
              : Math.ceilDiv(size(name, bits, dims), Byte.SIZE);
      if (type.bits() == 0 ? bytes < needed : bytes != needed) {
        throw invalid(
            "tensor "
                + quote(name)
                + " has "
                + bytes
                + " bytes, but "
                + type.name()
                + " of shape "
                + Arrays.toString(dims)
                + " needs "
                + needed);
      }
    }

    /**
     * The size in bytes or bits; the product of the non-zero dimensions must fit, even if one is
     * zero.
     */
    private long size(String name, int each, long[] dims) throws InvalidFileException {
      long product = each;
      boolean empty = false;
      for (long d : dims) {
        if (d == 0) {
          empty = true;
        } else if (product > Long.MAX_VALUE / d) {
          throw invalid(
              "tensor "
                  + quote(name)
                  + " of shape "
                  + Arrays.toString(dims)
                  + " has more than 2^63 bytes");
        } else {
          product *= d;
        }
      }
      return empty ? 0 : product;
    }

    private Map<String, TensorEntry> inOrderOfData() throws InvalidFileException {
      List<TensorEntry> sorted = new ArrayList<>(entries.values());
      sorted.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
      long covered = 0;
      String previous = "";
      Map<String, TensorEntry> ordered = new LinkedHashMap<>();
      for (TensorEntry e : sorted) {
        if (e.begin() < covered) {
          throw invalid("tensors " + quote(previous) + " and " + quote(e.name()) + " overlap");
        }
        if (e.begin() > covered) {
          throw hole(covered, e.begin());
        }
        covered = e.end();
        previous = e.name();
        ordered.put(e.name(), e);
      }
      if (covered != dataBytes) {
        throw hole(covered, dataBytes);
      }
      return ordered;
    }

    private InvalidFileException hole(long from, long to) {
      return invalid("bytes " + from + " to " + to + " of the data belong to no tensor");
    }

    private InvalidFileException invalid(String problem) {
      return new InvalidFileException(file, problem);
    }
  }
}
