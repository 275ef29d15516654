package org.diffusionnft.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * What a process needs to compute for a run.
 *
 * @param config of the run
 * @param device the compute device
 * @param threads its number of threads
 * @param kernels the forced kind of its matrix products, or empty
 * @param cache folder that caches prompt embeddings, or null
 * @param shipped files and folders that were sent along: their local names by their names in the
 *     settings
 * @param expected the fingerprint that this process must have
 */
record Setup(
    TrainConfig config,
    String device,
    int threads,
    String kernels,
    @Nullable String cache,
    Map<String, String> shipped,
    Fingerprint expected) {
  private static final Path NAME = Path.of("setup");

  byte[] toBytes() {
    ObjectNode json = StrictJson.object();
    json.put("config", config.toYaml());
    json.put("device", device);
    json.put("threads", threads);
    json.put("kernels", kernels);
    if (cache != null) {
      json.put("cache", cache);
    }
    put(json.putObject("shipped"), shipped);
    put(json.putObject("expected"), expected.parts());
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Setup of(byte[] bytes) throws IOException {
    ObjectNode json =
        StrictJson.parseObject(NAME, "setup", new String(bytes, StandardCharsets.UTF_8));
    return new Setup(
        TrainConfig.parse("setup", json.path("config").asText(), TrainConfig.official()),
        json.path("device").asText(),
        json.path("threads").asInt(),
        json.path("kernels").asText(),
        json.has("cache") ? json.path("cache").asText() : null,
        texts(json, "shipped"),
        new Fingerprint(texts(json, "expected")));
  }

  private static void put(ObjectNode json, Map<String, String> texts) {
    texts.forEach(json::put);
  }

  private static Map<String, String> texts(ObjectNode json, String key) {
    Map<String, String> texts = new LinkedHashMap<>();
    json.path(key).properties().forEach(e -> texts.put(e.getKey(), e.getValue().asText()));
    return texts;
  }
}
