package org.diffusionnft.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The cache of prompt embeddings of models on disk. */
final class CacheOptions {
  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description =
          "For models on disk: cache of prompt embeddings. Default: ~/.cache/dnft/prompts.")
  private @Nullable Path cache;

  @Option(names = "--no-cache", description = "For models on disk: no cache of prompt embeddings.")
  private boolean withoutCache;

  /** The folder; null for none. */
  @Nullable Path folder() {
    if (withoutCache && cache != null) {
      throw new InvalidInputException(
          "--cache and --no-cache contradict each other: leave out one");
    }
    if (withoutCache) {
      return null;
    }
    if (cache != null) {
      if (Files.exists(cache) && !Files.isDirectory(cache)) {
        throw new InvalidInputException(
            "--cache %s is a file, but embedded prompts need a folder: give another"
                .formatted(cache));
      }
      return cache;
    }
    String base = System.getenv("XDG_CACHE_HOME");
    Path root =
        base == null || base.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(base);
    return root.resolve("dnft").resolve("prompts");
  }
}
