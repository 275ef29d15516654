package org.diffusionnft.models;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * A source of a model's tensors: a checkpoint, another model, an initialiser. Names are those of
 * diffusers ({@code transformer_blocks.0.attn.to_q.weight}), whatever the file's own layout; models
 * are independent of file formats.
 */
public interface WeightSource {

  /**
   * The tensor with this name, in its stored dtype. Memory from the device's pool becomes the
   * caller's; for other memory, such as a mapped file, the source determines how long it stays
   * valid.
   *
   * @throws InvalidInputException if there is none or its shape differs; the message names the key,
   *     the expected shape and the actual one
   */
  Tensor get(String name, Shape expected);

  /**
   * Announces that all of its tensors will be loaded, so that a device that is too small for them
   * fails immediately.
   *
   * @throws InvalidInputException if the device is too small, saying how much memory is needed
   */
  default void requireRoom() {}

  /** All names in this source. */
  Set<String> names();

  /** Whether there is a tensor with this name. */
  default boolean has(String name) {
    return names().contains(name);
  }

  /** How messages refer to its tensors. */
  default String describe() {
    return "the tensors given";
  }

  /** The tensors whose names begin with a prefix, with the prefix removed. */
  default WeightSource under(String prefix) {
    WeightSource whole = this;
    return new WeightSource() {
      @Override
      public Tensor get(String name, Shape expected) {
        return whole.get(prefix + name, expected);
      }

      @Override
      public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (String name : whole.names()) {
          if (name.startsWith(prefix)) {
            names.add(name.substring(prefix.length()));
          }
        }
        return names;
      }

      @Override
      public String describe() {
        return whole.describe() + " under '" + prefix + "'";
      }
    };
  }

  /**
   * Checks that the source has every required name and, apart from the optional ones, no others.
   *
   * @param what name of what is loaded, for the message
   * @throws InvalidInputException listing the missing and the unknown names, only the first ones if
   *     there are many
   */
  default void requireExactly(
      String what, Collection<String> required, Collection<String> optional) {
    Set<String> missing = new LinkedHashSet<>(required);
    missing.removeAll(names());
    Set<String> unknown = new LinkedHashSet<>(names());
    unknown.removeAll(Set.copyOf(required));
    unknown.removeAll(Set.copyOf(optional));
    List<String> faults = new ArrayList<>();
    if (!missing.isEmpty()) {
      faults.add(listed("missing", missing));
    }
    if (!unknown.isEmpty()) {
      faults.add(listed("unknown", unknown));
    }
    if (!faults.isEmpty()) {
      throw new InvalidInputException(
          describe() + " do not fit " + what + " (" + String.join("; ", faults) + ")");
    }
  }

  private static String listed(String fault, Set<String> names) {
    int most = 12;
    String first = names.stream().limit(most).collect(joining(", "));
    String more = names.size() > most ? " and " + (names.size() - most) + " more" : "";
    return "%d %s: %s%s".formatted(names.size(), fault, first, more);
  }
}
