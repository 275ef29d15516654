package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/** The adapters of a served model, by name, and the model without an adapter as {@code base}. */
final class Policies implements AutoCloseable {
  static final String BASE = "base";

  private final SequencedMap<String, @Nullable Adapter> adapters = new LinkedHashMap<>();

  /** Loads an adapter. */
  @FunctionalInterface
  interface Loading {
    Adapter load(Path path) throws IOException;
  }

  /** Loads adapters; the first is the default policy, or the model alone if there is none. */
  static Policies load(SequencedMap<String, Path> paths, Loading loading) throws IOException {
    Policies policies = new Policies();
    boolean loaded = false;
    try {
      for (Map.Entry<String, Path> adapter : paths.entrySet()) {
        policies.adapters.put(adapter.getKey(), loading.load(adapter.getValue()));
      }
      policies.adapters.putIfAbsent(BASE, null);
      loaded = true;
      return policies;
    } finally {
      if (!loaded) {
        policies.close();
      }
    }
  }

  List<String> names() {
    return List.copyOf(adapters.keySet());
  }

  /**
   * The adapter with this name; null for the model alone.
   *
   * @throws InvalidInputException if there is none with this name
   */
  @Nullable Adapter adapter(@Nullable String name) {
    String wanted = name == null ? adapters.firstEntry().getKey() : name;
    if (!adapters.containsKey(wanted)) {
      throw new BadRequestException(
          404, "model", "there is no model of that name: known are " + String.join(", ", names()));
    }
    return adapters.get(wanted);
  }

  ForwardPass pass(@Nullable String name) {
    Adapter adapter = adapter(name);
    return adapter == null ? ForwardPass.BASE : ForwardPass.with(adapter);
  }

  @Override
  public void close() {
    for (Adapter adapter : adapters.values()) {
      if (adapter != null) {
        adapter.close();
      }
    }
  }
}
